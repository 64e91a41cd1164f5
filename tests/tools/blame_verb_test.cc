// Does `crashreel blame` name the inputs that are known to be it?

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "capture/reel/base64.h"
#include "tests/capture/runtime/confined.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::one_object;

constexpr char kZoo[] = CRASHREEL_BUILD_DIR "/zoo/";

Json truth_of(const std::string& program) {
  return Json::parse(std::ifstream(CRASHREEL_ZOO_SOURCES "/" + program + ".json"));
}

std::string line_of(int session, const std::string& data) {
  return Json({{"session", session}, {"data", to_base64(data)}}).dump() + "\n";
}

class BlameVerbTest : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line, const std::string& standard_input = "") {
    return testing::run_line(line,
                             {.directory = directory_.path(), .standard_input = standard_input});
  }

  void import(const std::string& lines, const std::string& kind, const std::string& program) {
    const CommandRun run =
        type("crashreel import - -q -o crash.reel --kind " + kind + " -- " + program, lines);
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  // The known inputs of a program of the zoo.
  void import_truth(const std::string& program, const Json& truth) {
    std::string lines;
    const bool whole = truth.contains("inputs");
    for (const Json& input : whole ? truth["inputs"] : truth["minimum"]["inputs"]) {
      lines += line_of(input["session"], input["data"]);
    }
    const std::string kind = truth["target"]["kind"];
    import(lines, kind, kZoo + program + (kind == "server" ? " 0" : ""));
  }

  Json blame(const std::string& options = "", int status = 0) {
    const CommandRun run = type("crashreel blame crash.reel --json " + options);
    EXPECT_EQ(run.exit, status) << run.err;
    return one_object(run.out);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(BlameVerbTest, IsRightOnEveryProgramOfWhichBothAreKnown) {
  for (const char* program : {"asserts", "bookkeeper", "canary", "canary_stdin", "hushed",
                              "overrun", "pool", "recursion"}) {
    const Json truth = truth_of(program);
    import_truth(program, truth);
    const Json answer = blame("--tries 2");
    EXPECT_EQ(answer["trigger"]["input"], truth["trigger"]) << program;
    EXPECT_EQ(answer["poison"]["input"], truth["poison"]) << program;
    EXPECT_EQ(answer["same"], truth["poison"] == truth["trigger"]) << program;
    EXPECT_EQ(answer["trigger_agreed"], 2) << program;
  }
}

TEST_F(BlameVerbTest, AnswersTheReportThatAsks) {
  import_truth("canary_stdin", truth_of("canary_stdin"));
  const CommandRun run =
      type("crashreel report crash.reel --ask blame --ask replay --form json -o report.json");
  ASSERT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("report.json: "));
  const Json report = Json::parse(std::ifstream(directory_.file("report.json")));
  EXPECT_EQ(report["blame"]["trigger_seq"], blame()["trigger"]["seq"]);
  EXPECT_EQ(report["rate"]["reproduced"], report["rate"]["tries"]);
}

TEST_F(BlameVerbTest, SaysThatTheyAreOneAndTheSame) {
  import_truth("canary", truth_of("canary"));
  const CommandRun run = type("crashreel blame crash.reel");
  EXPECT_THAT(run.out, HasSubstr("poison and trigger: one and the same, input 3, seq 2, session "
                                 "1: FIRE\\n\n"));
  EXPECT_THAT(run.out, HasSubstr("    ARM: avoids the crash up to the trigger\n"));
  EXPECT_THAT(run.out, HasSubstr("can't be left out: input 2, seq 1, session 2: BIND a"));
}

TEST_F(BlameVerbTest, TellsWhatWasTriedAndHowOften) {
  import_truth("bookkeeper", truth_of("bookkeeper"));
  const Json answer = blame();
  EXPECT_EQ(answer["basis"], "continuations");
  EXPECT_EQ(answer["doomed"], Json({6, 6}));
  EXPECT_EQ(answer["avoided"], Json({6, 6}));
  EXPECT_THAT(type("crashreel blame crash.reel").out,
              HasSubstr("they crashed in 6 of 6 runs, behind the one before it 6 of 6 did not"));
}

TEST_F(BlameVerbTest, HearsABuildWithASanitizerAsAWitness) {
  import_truth("overrun", truth_of("overrun"));
  const std::string option = "--witness " + std::string(kZoo) + "overrun_asan";
  const Json answer = blame(option);
  EXPECT_EQ(answer["basis"], "both");
  EXPECT_EQ(answer["witness"]["at"]["input"], 2);
  EXPECT_EQ(answer["witness"]["agreed"], 3);
  EXPECT_THAT(std::string(answer["witness"]["finding"]),
              HasSubstr("AddressSanitizer: heap-buffer-overflow in "));
  EXPECT_THAT(type("crashreel blame crash.reel " + option).out, HasSubstr("poison:  input 2, "));
}

// A program of the same inputs that breaks nothing has nothing to say, and neither has none.
TEST_F(BlameVerbTest, SaysWhenTheWitnessSawNothing) {
  import_truth("overrun", truth_of("overrun"));
  const std::string calm = std::string(kZoo) + "pool";
  EXPECT_THAT(type("crashreel blame crash.reel --witness " + calm).out,
              HasSubstr("pool: did not stop in any of 3 runs"));
  EXPECT_THAT(type("crashreel blame crash.reel --witness ./none").out,
              HasSubstr("./none: there is no such program"));
}

TEST_F(BlameVerbTest, NamesTheInputInFlightAndListsThoseAfterIt) {
  import(line_of(0, "ECHO a\n") + line_of(0, "DEF a\n") + line_of(0, "RUN a\n") +
             line_of(0, "ECHO b\n") + line_of(0, "ECHO c\n"),
         "stdin", std::string(kZoo) + "canary_stdin");
  const Json answer = blame();
  EXPECT_EQ(answer["trigger"]["input"], 3);
  EXPECT_EQ(answer["unconsumed"], Json({3, 4}));
  EXPECT_THAT(type("crashreel blame crash.reel").out,
              HasSubstr("never consumed: 2 inputs after the trigger, seq 3, 4\n"));
}

// One session is no longer read, another is closed; both have inputs before the one that kills.
TEST_F(BlameVerbTest, ListsWhatTheProgramLeftUnreadOrHadEnded) {
  import(line_of(1, "PUT a b\n") + line_of(2, "WAIT\n") + line_of(3, "QUIT\n") +
             line_of(2, "PUT c d\n") + line_of(3, "DATE\n") + line_of(2, "GET c\n") +
             line_of(1, "GET a\n") + line_of(1, "BURN a\n") + line_of(2, "DATE\n"),
         "server", std::string(kZoo) + "clerk 0");
  for (const std::string options : {"", "--target external"}) {
    const Json answer = blame(options);
    EXPECT_EQ(answer["trigger"]["input"], answer["trigger"]["seq"].get<int>() + 1) << options;
    const int trigger = answer["trigger"]["seq"];
    EXPECT_EQ(answer["unread"], Json({trigger - 4, trigger - 2})) << options;
    EXPECT_EQ(answer["undelivered"], Json({trigger - 3})) << options;
    EXPECT_EQ(answer["unconsumed"], Json({trigger + 1})) << options;
  }
  const CommandRun run = type("crashreel blame crash.reel");
  EXPECT_THAT(run.out, HasSubstr("never read: 2 inputs before the trigger, seq "));
  EXPECT_THAT(run.out, HasSubstr("never delivered: 1 input of sessions that the program had"));
}

// Whoever may not trace it does not see what it had not read: in a child, for whom that stays so.
TEST_F(BlameVerbTest, SaysWhyNobodyKnowsWhatWasLeftUnread) {
  import(line_of(1, "PUT a b\n") + line_of(2, "WAIT\n") + line_of(2, "PUT c d\n") +
             line_of(1, "GET a\n") + line_of(1, "BURN a\n"),
         "server", std::string(kZoo) + "clerk 0");
  const std::string out = directory_.path() / "out";
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // leaks, too, are looked for by tracing
    if (!SystemCalls::refuse(SYS_ptrace, SECCOMP_RET_ERRNO | EPERM)) ::_exit(1);
    const CommandRun run = type("crashreel blame crash.reel --target external");
    std::ofstream(out) << run.out;
    ::_exit(run.exit);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  std::stringstream said;
  said << std::ifstream(out).rdbuf();
  EXPECT_THAT(said.str(), HasSubstr("  never read: more may be, for nobody may stop it as it dies "
                                    "(ptrace: Operation not permitted)\n"));
}

TEST_F(BlameVerbTest, SaysWhenThereIsNoCrash) {
  import(line_of(0, "ECHO a\n"), "stdin", std::string(kZoo) + "canary_stdin");
  const Json answer = blame("", 1);
  EXPECT_EQ(answer["trigger"], Json());
  EXPECT_EQ(answer["poison"], Json());
  EXPECT_THAT(type("crashreel blame crash.reel").out, HasSubstr("the crash did not come back\n"));
  EXPECT_EQ(type("crashreel blame crash.reel -- ./none").exit, 5);
  EXPECT_EQ(type("crashreel blame missing.reel").exit, 2);
}

// What came before has made neither the one nor the other.
TEST_F(BlameVerbTest, FindsBothAmongMuchElse) {
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += line_of(i % 3, "PING\n");
  lines += line_of(1, "NAME 123456789012345678901234567890123456789012345678\n");
  for (int i = 0; i < 4; ++i) lines += line_of(i % 3, "PING\n");
  import(lines, "server", std::string(kZoo) + "overrun 0");
  for (const std::string options : {"", "--alone", "--jobs 2"}) {
    const Json answer = blame("--tries 1 " + options);
    EXPECT_EQ(answer["poison"]["input"], 41) << options;
    EXPECT_EQ(answer["trigger"]["input"], 45) << options;
  }
}

}  // namespace
}  // namespace crashreel
