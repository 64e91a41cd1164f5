// Whole runs with the stock redis-server: wherever the seed hides the crash, from FIRST_SEED to
// LAST_SEED, the script finds it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/quickstart/quickstart_run.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;

class QuickstartSeed : public ::testing::TestWithParam<int> {};

TEST_P(QuickstartSeed, EndsWithTheFourCommandsInOrder) {
  const TemporaryDirectory work;
  const CommandRun run = quickstart(work, {"--only-server", "--seed", std::to_string(GetParam())});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  const nlohmann::json last = last_line(run.out);
  EXPECT_GE(last["inputs_seen"], 100'000);
  EXPECT_EQ(last["inputs_kept"], 20'000);
  EXPECT_EQ(last["reproduced"], 10);
  EXPECT_EQ(last["inputs_after"], 4);  // the script has held them against the case itself
  EXPECT_LE(last["questions"].get<double>(), 1.25 * last["bound"].get<double>());
}

INSTANTIATE_TEST_SUITE_P(All, QuickstartSeed, ::testing::Range(FIRST_SEED, LAST_SEED + 1));

TEST(Quickstart, ShowsAProgramThatReadsItsStandardInputToo) {
  const TemporaryDirectory work;
  const CommandRun run = quickstart(work, {"--seed", "77"});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("304 inputs -> 4"));
}

}  // namespace
}  // namespace crashreel::testing
