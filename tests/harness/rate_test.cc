// Intervals against figures from the literature, and against their own promise.
#include "harness/rate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace crashreel {
namespace {

TEST(Rate, HasTheIntervalOfClopperAndPearson) {
  const RateInterval seven = rate_interval(7, 20);
  EXPECT_NEAR(seven.low, 0.1539, 0.0001);
  EXPECT_NEAR(seven.high, 0.5922, 0.0001);
  EXPECT_EQ(rate_interval(0, 10).low, 0);
  EXPECT_NEAR(rate_interval(0, 10).high, 0.3085, 0.0001);
  EXPECT_NEAR(rate_interval(10, 10).low, 0.6915, 0.0001);
  EXPECT_EQ(rate_interval(10, 10).high, 1);
}

TEST(Rate, IsAnythingWhereNothingWasTried) {
  EXPECT_EQ(rate_interval(0, 0).low, 0);
  EXPECT_EQ(rate_interval(0, 0).high, 1);
  EXPECT_EQ(rate_if_never_seen(0), 1);
}

double chance(int crashes, int tries, double rate) {
  const double choices =
      std::lgamma(tries + 1) - std::lgamma(crashes + 1) - std::lgamma(tries - crashes + 1);
  return std::exp(choices + crashes * std::log(rate) + (tries - crashes) * std::log1p(-rate));
}

TEST(Rate, LiesWithinItsIntervalAsOftenAsPromised) {
  constexpr int kRuns = 30;
  for (double rate = 0.01; rate < 1; rate += 0.01) {
    double within = 0;
    for (int crashes = 0; crashes <= kRuns; ++crashes) {
      const RateInterval interval = rate_interval(crashes, kRuns);
      if (interval.low <= rate && rate <= interval.high) within += chance(crashes, kRuns, rate);
    }
    EXPECT_GE(within, 0.95) << rate;
  }
}

TEST(Rate, OfACrashThatIsNeverSeenFallsAsThreeByTries) {
  EXPECT_NEAR(rate_if_never_seen(20), 0.1391, 0.0001);
  EXPECT_NEAR(rate_if_never_seen(300), 3.0 / 300, 0.0001);
}

}  // namespace
}  // namespace crashreel
