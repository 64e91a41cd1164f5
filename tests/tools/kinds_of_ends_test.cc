// One program that ends in many ways, because chance decides: each kind of end is counted apart.
// The seeds are the same in every run of this test, so that the counts are, too.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::one_object;

class KindsOfEndsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.write("throw.jsonl", "{\"session\":0,\"data\":\"Rg==\"}\n");
    const CommandRun run = type(
        "crashreel import throw.jsonl -q -o fates.reel -- " CRASHREEL_BUILD_DIR "/zoo/fates 7001");
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  CommandRun type(const std::string& line) {
    return testing::run_line(line, {.directory = directory_.path()});
  }

  testing::TemporaryDirectory directory_;
};

long count_of(const Json& outcomes, const std::string& beginning) {
  return std::ranges::count_if(outcomes, [&](const Json& outcome) {
    return outcome.get<std::string>().starts_with(beginning);
  });
}

TEST_F(KindsOfEndsTest, AreCountedApartAndAddUp) {
  const std::string line = "crashreel replay fates.reel --tries 12 --jobs 2 --seed 16";
  const CommandRun run = type(line + " --json");
  EXPECT_EQ(run.exit, 4) << run.err;
  const Json answer = one_object(run.out);
  const Json& outcomes = answer["outcomes"];
  EXPECT_EQ(answer["reproduced"], count_of(outcomes, "SIGSEGV"));
  EXPECT_EQ(answer["similar"], count_of(outcomes, "SIGILL"));
  EXPECT_EQ(answer["different"], count_of(outcomes, "SIGABRT"));
  EXPECT_EQ(answer["passed"], count_of(outcomes, "survived"));
  EXPECT_EQ(answer["hung"], count_of(outcomes, "hung after 2 of 2 steps: its threads wait"));
  int all = 0;
  for (const char* kind : {"reproduced", "similar", "different", "passed", "hung"}) {
    EXPECT_GT(answer[kind], 0) << kind << ": " << outcomes;
    all += answer[kind].get<int>();
  }
  EXPECT_EQ(all, 12);
}

TEST_F(KindsOfEndsTest, AreSaidWithTheReasonWhyOneIsSimilarOrAnother) {
  const CommandRun run = type("crashreel replay fates.reel --tries 12 --jobs 2 --seed 16");
  EXPECT_THAT(run.out, HasSubstr(" of 12, a similar crash in "));
  EXPECT_THAT(run.out, HasSubstr(" of 12, another crash in "));
  EXPECT_THAT(run.out, HasSubstr(" of 12, a hang in "));
  EXPECT_THAT(
      run.out,
      HasSubstr("  the similar crash: it is SIGILL, not SIGSEGV, but in the same functions"));
  EXPECT_THAT(run.out, HasSubstr("  the other crash: it is SIGABRT, not SIGSEGV\n"));
}

}  // namespace
}  // namespace crashreel
