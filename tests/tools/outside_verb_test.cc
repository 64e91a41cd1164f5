// A program into which no player can be loaded, as a user meets it: it is fed from outside, and
// that is said.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "capture/reel/base64.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::one_object;

class OutsideVerbTest : public ::testing::Test {
 protected:
  void import_for(const std::string& program) {
    std::string lines;
    for (int i = 0; i < 12; ++i) {
      const std::string data = i == 8 ? "xxBREAK\n" : "line " + std::to_string(i) + "\n";
      lines += Json({{"session", 1 + i % 3}, {"data", to_base64(data)}}).dump() + "\n";
    }
    const CommandRun run = type("crashreel import - -q -o crash.reel -- " +
                                    std::string(CRASHREEL_BUILD_DIR "/zoo/") + program + " 7001",
                                lines);
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  CommandRun type(const std::string& line, const std::string& standard_input = "") {
    return testing::run_line(line,
                             {.directory = directory_.path(), .standard_input = standard_input});
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(OutsideVerbTest, SaysWhyAndWhatTheTryGoesWithout) {
  import_for("echo_static");
  const CommandRun run = type("crashreel replay crash.reel --tries 2");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("reproduced 2 of 2"));
  EXPECT_THAT(run.err, HasSubstr("is statically linked, so the player can't be loaded into it; it "
                                 "was fed from outside, over real sockets: without the virtual "
                                 "clock"));
  const Json answer = one_object(type("crashreel replay crash.reel --json").out);
  EXPECT_THAT(answer["fed_from_outside"].get<std::string>(),
              HasSubstr("without the virtual clock"));
}

TEST_F(OutsideVerbTest, NamesTheNextStepWhereAPlayerIsAskedFor) {
  import_for("echo_static");
  const CommandRun run = type("crashreel replay crash.reel --target player");
  EXPECT_EQ(run.exit, 5);
  EXPECT_THAT(run.err, HasSubstr("replay it from outside with '--target external'"));
}

TEST_F(OutsideVerbTest, MinimizesWhoeverIsAskedFor) {
  for (const char* program : {"echo", "echo_static"}) {
    import_for(program);
    const CommandRun run =
        type("crashreel minimize crash.reel --tries 1 --json --target external -o small.reel");
    ASSERT_EQ(run.exit, 0) << run.err;
    const Json answer = one_object(run.out);
    EXPECT_EQ(answer["inputs_after"], 1) << answer.dump();
    EXPECT_EQ(answer["bytes_after"], 6) << answer.dump();
  }
}

TEST_F(OutsideVerbTest, GivesAHintWhereTheCrashDoesNotComeBack) {
  import_for("echo_static");
  const CommandRun run =
      type("crashreel replay crash.reel -- " CRASHREEL_BUILD_DIR "/zoo/handoff_static 7001");
  EXPECT_EQ(run.exit, 1) << run.err;
  EXPECT_THAT(run.err, HasSubstr("its clock was the real one"));
}

// Between the first input of a try and its last it waits for no time to pass: what could wait is
// told not to.
TEST_F(OutsideVerbTest, NeverSleepsBetweenInputs) {
  import_for("handoff_static");
  const CommandRun run = type(
      "strace -qq -o calls -e trace=sendto,nanosleep,clock_nanosleep,poll,ppoll,select,pselect6,"
      "epoll_wait,epoll_pwait,futex crashreel replay crash.reel -q");
  EXPECT_EQ(run.exit, 1) << run.err << "; tools/install-packages installs strace";
  std::istringstream calls(directory_.read("calls"));
  const std::regex no_wait(R"((poll\(.*, 0|epoll_wait\(.*, 0|FUTEX_WAKE.*)\) +=.*)");
  constexpr int kInputs = 11;  // the twelfth is another word
  int inputs = 0;              // of all tries: that it did not crash is asked more than once
  std::vector<std::string> waits;
  for (std::string line; std::getline(calls, line);) {
    const bool is_sent = line.starts_with("sendto(");
    inputs += line.find("\"line ") != std::string::npos ? 1 : 0;
    if (is_sent || std::regex_search(line, no_wait)) continue;
    if (inputs % kInputs != 0) waits.push_back(line);
  }
  EXPECT_GT(inputs, 0);
  EXPECT_EQ(inputs % kInputs, 0);
  EXPECT_THAT(waits, ::testing::IsEmpty());
}

TEST_F(OutsideVerbTest, CantDebugIt) {
  import_for("echo_static");
  const CommandRun run = type("crashreel debug crash.reel --batch");
  EXPECT_EQ(run.exit, 5);
  EXPECT_THAT(run.err, HasSubstr("debug a dynamically linked build"));
}

}  // namespace
}  // namespace crashreel
