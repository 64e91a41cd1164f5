// What does `crashreel reach` say of reels whose truth is known?

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::one_object;

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

class ReachVerbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"canary", "canary_stdin"}) {
      std::filesystem::create_symlink(std::string(CRASHREEL_BUILD_DIR "/zoo/") + program,
                                      directory_.file(program));
    }
  }

  CommandRun type(const std::string& line, const std::string& standard_input = "") {
    return testing::run_line(line,
                             {.directory = directory_.path(), .standard_input = standard_input});
  }

  // Dies of its last line; the one that arms that lies `between` lines before, and 100 others
  // before it: the head of the session is full by then.
  void record_calculator(const std::string& options, int between, int status) {
    const std::string lines = repeated("ECHO early\n", 100) + "DEF a\n" +
                              repeated("ECHO 0123456789\n", between) + "RUN a\n";
    const CommandRun run = type("crashreel record -q -o crash.reel --prelude 0 --head-size 1KiB " +
                                    options + " -- ./canary_stdin >out.txt",
                                lines);
    ASSERT_EQ(run.exit, status) << run.err;
  }

  Json reach(const std::string& options = "", int status = 0) {
    const CommandRun run = type("crashreel reach crash.reel --json " + options);
    EXPECT_EQ(run.exit, status) << run.err;
    return one_object(run.out);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ReachVerbTest, TellsTheShortestTailThatIsEnough) {
  record_calculator("--ring 4MiB", 98, 139);
  const Json answer = reach("--tries 2");
  EXPECT_EQ(answer["verdict"], "sufficient");
  EXPECT_EQ(answer["inputs"], 200);
  EXPECT_EQ(answer["needed"], 100);
  EXPECT_EQ(answer["exact"], true);
  EXPECT_EQ(answer["reaches_start"], true);
  std::vector<int> lengths;
  for (const Json& point : answer["points"]) {
    lengths.push_back(point["inputs"]);
    const bool enough = point["inputs"] >= 100;
    EXPECT_EQ(point["reproduced"], enough ? 2 : 0);
    EXPECT_EQ(point["tries"], 2);
  }
  EXPECT_EQ(lengths, (std::vector<int>{1, 4, 16, 64, 99, 100, 200}));
}

TEST_F(ReachVerbTest, DrawsTheRateForEachLength) {
  record_calculator("--ring 4MiB", 2, 139);
  const CommandRun run = type("crashreel reach crash.reel");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("sufficient: 4 of 104 inputs are needed\n"));
  EXPECT_THAT(run.out,
              HasSubstr("       3   0 of 3  ....................  between 0.0 % and 70.8 %\n"));
  EXPECT_THAT(run.out,
              HasSubstr("       4   6 of 6  ####################  between 54.0 % and 100.0 %\n"));
  EXPECT_THAT(run.out, HasSubstr("with one less there was no crash"));
}

// A ring of the size that is told is made, and is enough.
TEST_F(ReachVerbTest, TellsWhatRingWouldHaveBeenLongEnough) {
  constexpr int kBetween = 5'000;
  record_calculator("--ring 64KiB", kBetween, 139);
  const Json answer = reach("--tries 1", 1);
  EXPECT_EQ(answer["verdict"], "too_short");
  EXPECT_EQ(answer["reaches_start"], false);
  EXPECT_EQ(answer["needed"], Json());
  const std::string ring = std::to_string(answer["ring_bytes"].get<int>() / 1024) + "KiB";
  const CommandRun run = type("crashreel reach crash.reel --tries 1");
  EXPECT_THAT(run.out, HasSubstr("the ring was too short: at the oldest kept input, number "));
  EXPECT_THAT(run.out, HasSubstr("'record --ring " + ring + "' would have kept all"));
  record_calculator("--ring " + ring, kBetween, 139);
  const Json enough = reach("--tries 1");
  EXPECT_EQ(enough["needed"], kBetween + 2);
  EXPECT_LE(enough["ring_bytes"], answer["ring_bytes"]);
  // Not more than it takes by much: with a third of it the tail is too short.
  record_calculator("--ring " + std::to_string(answer["ring_bytes"].get<int>() / 3), kBetween, 139);
  EXPECT_EQ(reach("--tries 1", 1)["verdict"], "too_short");
}

// Not even how the session began is in the ring any more.
TEST_F(ReachVerbTest, KnowsWhatFedAProgramWhoseOpeningIsOverwritten) {
  record_calculator("--ring 64KiB --no-heads", 5'000, 139);
  EXPECT_EQ(one_object(type("crashreel show crash.reel --json").out)["program"]["kind"], "stdin");
  EXPECT_EQ(reach("--tries 1", 1)["verdict"], "too_short");
}

TEST_F(ReachVerbTest, TellsOfTheBoundThatCutTheTail) {
  record_calculator("--ring 4MiB --inputs 50", 98, 139);
  EXPECT_THAT(type("crashreel reach crash.reel").out,
              HasSubstr("left out by the bound of 50 inputs: record with more --inputs"));
}

TEST_F(ReachVerbTest, SaysWhenNothingIsMissingAndYetNoTailIsEnough) {
  record_calculator("--ring 4MiB --redact mask:literal:RUN", 3, 139);
  const Json answer = reach("", 1);
  EXPECT_EQ(answer["verdict"], "elsewhere");
  const CommandRun run = type("crashreel reach crash.reel");
  EXPECT_THAT(run.out, HasSubstr("no tail of these 105 inputs brings the crash"));
  EXPECT_THAT(run.err, HasSubstr("a masked field may be why"));
}

TEST_F(ReachVerbTest, EndsWithFiveWhereTheProgramCantStart) {
  record_calculator("--ring 4MiB", 3, 139);
  EXPECT_EQ(type("crashreel reach crash.reel -- ./missing").exit, 5);
  EXPECT_EQ(type("crashreel reach missing.reel").exit, 2);
}

// The search asks copies of one instance; sessions that began before a tail are opened all the
// same.
TEST_F(ReachVerbTest, FindsWhereTheFirstNeededSessionSpoke) {
  const std::string ping = R"({"session":2,"data":"UElORwo="})"
                           "\n";
  const std::string case_ = R"({"session":0,"data":"UElORwo="})"
                            "\n" +
                            repeated(ping, 40) +
                            R"({"session":0,"data":"QVJNIGEK"})"
                            "\n" +
                            repeated(ping, 30) +
                            R"({"session":1,"data":"QklORCBhCg=="})"
                            "\n" +
                            repeated(ping, 20) +
                            R"({"session":0,"data":"RklSRQo="})"
                            "\n";
  const CommandRun import = type("crashreel import - -q -o crash.reel -- ./canary 0", case_);
  ASSERT_EQ(import.exit, 0) << import.err;
  for (const std::string options : {"", "--alone", "--jobs 2"}) {
    const Json answer = reach("--tries 2 " + options);
    EXPECT_EQ(answer["needed"], 53) << options;
    EXPECT_EQ(answer["exact"], true);
    EXPECT_EQ(answer["fork_server"], options != "--alone");
    EXPECT_THAT(std::string(answer["signature"]), HasSubstr("SIGSEGV"));
  }
}

TEST_F(ReachVerbTest, TellsAnotherCrashFromTheSame) {
  record_calculator("--ring 4MiB", 3, 139);
  const CommandRun run = type("crashreel reach crash.reel --json -- sh -c 'kill -ABRT $$'");
  EXPECT_EQ(run.exit, 3) << run.err;
  EXPECT_EQ(one_object(run.out)["verdict"], "different");
}

// Whoever waits at a terminal is told how long, by each verb that asks often.
TEST_F(ReachVerbTest, LongWorkSaysHowMuchIsLeft) {
  record_calculator("--ring 4MiB", 98, 139);
  const auto at_terminal = [&](const std::string& line) {
    return type("TERM=dumb script -qec 'crashreel " + line + "' /dev/null").out;
  };
  EXPECT_THAT(at_terminal("replay crash.reel --tries 60"), HasSubstr(" of 60, about "));
  EXPECT_THAT(at_terminal("reach crash.reel --tries 20"), HasSubstr("inputs, about "));
}

}  // namespace
}  // namespace crashreel
