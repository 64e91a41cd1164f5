// Questions that are asked side by side: the result is the same, and losers are ended.
#include <gtest/gtest.h>

#include "harness/target.h"
#include "tests/zoo/minima.h"
#include "tools/pipeline/shrink.h"
#include "tools/pipeline/tries.h"

namespace crashreel::zoo {
namespace {

Minimum known(const std::string& program) {
  for (Minimum& minimum : known_minima()) {
    if (minimum.program == program) return minimum;
  }
  ADD_FAILURE() << "the table has no " << program;
  return {};
}

TEST(SideBySide, ResultsAreTheSameForAnyNumberOfJobs) {
  const Minimum ladder = known("ladder");
  ShrinkOptions options;
  options.tries = 1;
  const Result<ShrinkReport> one = shrink(ladder.reel, options);
  ASSERT_TRUE(one);
  for (const int jobs : {2, 4}) {
    options.jobs = jobs;
    const Result<ShrinkReport> many = shrink(ladder.reel, options);
    ASSERT_TRUE(many);
    EXPECT_EQ(many->reel.inputs, one->reel.inputs) << jobs << " jobs";
  }
}

// The first would burn the processor until the watchdog bites.
TEST(SideBySide, TheLoserIsEndedWhenTheWinnerIsKnown) {
  const Minimum stuck = known("stuck");
  const auto target = target_of(stuck.reel);
  ASSERT_TRUE(target);
  for (const Start start : {Start::kAlone, Start::kForked}) {
    Tries tries(*target, stuck.reel, 2);
    tries.set_hang_ms(3'600'000);
    const Sequence hangs = whole_sequence(stuck.reel);
    const Sequence survives(hangs.begin(), hangs.begin() + 3);
    bool won = false;
    const auto outcomes = tries.race(std::vector<Sequence>{hangs, survives}, start,
                                     {.ended = [&](std::size_t i, const Outcome&) { won = i == 1; },
                                      .needless = [&](std::size_t i) { return won && i == 0; }});
    ASSERT_TRUE(outcomes);
    EXPECT_EQ(outcomes->at(1)->ending, Ending::kSurvived);
    // Null where the winner was there before it had begun.
    if (outcomes->at(0)) {
      EXPECT_EQ(outcomes->at(0)->ending, Ending::kGivenUp);
    }
  }
}

TEST(SideBySide, WhatIsNeedlessFromTheStartIsNeverBegun) {
  const Minimum stuck = known("stuck");
  const auto target = target_of(stuck.reel);
  ASSERT_TRUE(target);
  Tries tries(*target, stuck.reel, 2);
  const auto outcomes = tries.race(std::vector<Sequence>{whole_sequence(stuck.reel)}, Start::kAlone,
                                   {.ended = {}, .needless = [](std::size_t) { return true; }});
  ASSERT_TRUE(outcomes);
  EXPECT_FALSE(outcomes->at(0));
}

}  // namespace
}  // namespace crashreel::zoo
