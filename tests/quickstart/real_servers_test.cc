// Whole runs with the stock redis-server and jimsh: wherever the seed hides the crash, the script
// finds it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "tests/quickstart/quickstart_run.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;

void expect_four_inputs_of_each_program(const std::string& seed) {
  const TemporaryDirectory work;
  const CommandRun run = quickstart(work, {"--seed", seed});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  const nlohmann::json last = last_line(run.out);
  EXPECT_GE(last["inputs_seen"], 100'000);
  EXPECT_EQ(last["inputs_kept"], 20'000);
  EXPECT_EQ(last["reproduced"], 10);
  EXPECT_EQ(last["inputs_after"], 4);  // the script has held them against the case itself
  EXPECT_LE(last["questions"].get<double>(), 1.25 * last["bound"].get<double>());
  EXPECT_THAT(run.out, HasSubstr("304 inputs -> 4"));  // of jimsh
}

// One place every day; ctest names others where there is time (label "long").
TEST(Quickstart, EndsWithFourInputsOfEachProgram) {
  const char* asked = std::getenv("QUICKSTART_SEEDS");
  std::istringstream seeds(asked == nullptr ? "77" : asked);
  for (std::string seed; seeds >> seed;) {
    SCOPED_TRACE("seed " + seed);
    expect_four_inputs_of_each_program(seed);
  }
}

}  // namespace
}  // namespace crashreel::testing
