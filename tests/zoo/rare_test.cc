// A crash that comes seldom: the whole is tried until it does, if that is what was said of it.
#include <gtest/gtest.h>

#include <string>

#include "tests/capture/reel/scene.h"
#include "tests/zoo/minima.h"
#include "tools/pipeline/shrink.h"

namespace crashreel::zoo {
namespace {

// Thirteen rolls of a die of 256 sides, which is thrown anew in each try: one in twenty dies.
Reel thirteen_rolls() {
  std::string text = "1+";
  for (int roll = 0; roll < 13; ++roll) text += " 1:RU";
  for (Minimum& minimum : known_minima()) {
    if (minimum.program != "dice") continue;
    minimum.reel.inputs = crashreel::scene(text).inputs;
    return minimum.reel;
  }
  ADD_FAILURE() << "the table has no dice";
  return {};
}

TEST(Rare, CrashesAreTriedForUntilTheyCome) {
  ShrinkOptions options = {.tries = 2, .flaky = true, .max_questions = 5};
  const Result<ShrinkReport> report = shrink(thirteen_rolls(), options);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->reproduced);
  EXPECT_GT(report->passed, options.tries);
  EXPECT_TRUE(report->stopped);
  EXPECT_FALSE(report->reel.inputs.empty());  // the best so far
}

TEST(Rare, CrashesAreNotTriedForWhereNobodySaidSo) {
  const Result<ShrinkReport> report = shrink(thirteen_rolls(), {.tries = 2});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->reproduced);
  EXPECT_EQ(report->outcomes.size(), 2U);
}

}  // namespace
}  // namespace crashreel::zoo
