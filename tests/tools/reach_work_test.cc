#include "tools/pipeline/reach_work.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

TEST(ReachWork, CountsEachLengthAndItsStart) {
  EXPECT_EQ(cost_of_rates(16), cost_of_tail(1) + cost_of_tail(4) + cost_of_tail(16));
  EXPECT_GT(cost_of_tail(1), cost_of_tail(0));
  EXPECT_EQ(cost_of_rates(0), 0u);
}

TEST(ReachWork, HalvesUntilNothingIsBetween) {
  EXPECT_EQ(rounds_between(4, 5, 1), 0u);
  EXPECT_EQ(rounds_between(4, 6, 1), 1u);
  EXPECT_EQ(rounds_between(0, 1024, 1), 10u);
  EXPECT_EQ(rounds_between(0, 1024, 3), 5u);  // into four parts at a time
  EXPECT_EQ(rounds_between(0, 4'000'000'000, 1), 32u);
}

}  // namespace
}  // namespace crashreel
