#include "tools/pipeline/cost_measure.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

TEST(CostMeasure, TellsTheStartFromTheSteps) {
  CostMeasure measure;
  measure.saw(1'000, 0.5 + 1'000 * 0.001);
  measure.saw(9'000, 0.5 + 9'000 * 0.001);
  measure.saw(4'000, 77);  // whatever lies between
  EXPECT_NEAR(measure.step_seconds(), 0.001, 1e-9);
  EXPECT_NEAR(measure.start_seconds(), 0.5, 1e-9);
}

TEST(CostMeasure, GivesAllToTheStartWhereLengthsAreMuchTheSame) {
  CostMeasure measure;
  EXPECT_FALSE(measure.known());
  measure.saw(1'000, 2);
  measure.saw(1'500, 3);
  EXPECT_EQ(measure.step_seconds(), 0);
  EXPECT_EQ(measure.start_seconds(), 2);
}

TEST(CostMeasure, BelievesTheFastestOfEqualLength) {
  CostMeasure measure;
  measure.saw(10, 5);
  measure.saw(10, 1);
  measure.saw(1'010, 3);
  EXPECT_NEAR(measure.start_seconds(), 0.98, 1e-9);
}

TEST(CostMeasure, IsNeverNegative) {
  CostMeasure measure;
  measure.saw(10, 5);
  measure.saw(1'000, 1);
  EXPECT_EQ(measure.step_seconds(), 0);
  EXPECT_EQ(measure.start_seconds(), 5);
}

}  // namespace
}  // namespace crashreel
