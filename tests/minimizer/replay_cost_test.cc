// What is replayed in all: with prefixes that can be held, and without.
#include <gtest/gtest.h>

#include <limits>

#include "minimizer/checkpoints.h"
#include "minimizer/coarse_scan.h"
#include "minimizer/minimize.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/rivals.h"
#include "tests/minimizer/scenes.h"

namespace crashreel {
namespace {

using namespace fakes;

constexpr Costs kWithCheckpoints = {.start = 1, .item = 1, .checkpoints = 32};
constexpr Costs kReplayIsDear = {.start = 1, .item = 1};

TEST(Checkpoints, AreNeverMoreThanThereAreSlots) {
  Scene scene = uniform_scene(5'000, 30, 1);
  for (const std::uint32_t slots : {1U, 2U, 8U, 32U}) {
    Replaying oracle(*scene.oracle, {.checkpoints = slots});
    minimize(scene.items, oracle, {});
    EXPECT_LE(oracle.most_held, slots);
    EXPECT_GE(oracle.most_held, 1U);
  }
}

TEST(Checkpoints, SaveMostOfTheReplay) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Scene scene = uniform_scene(10'000, 5, seed);
    Replaying with(*scene.oracle, kWithCheckpoints);
    Replaying without(*scene.oracle, {});
    EXPECT_EQ(minimize(scene.items, with, {}).kept, minimize(scene.items, without, {}).kept);
    EXPECT_LE(with.replayed, 3 * 10'000U);
    EXPECT_GT(without.replayed, 4 * with.replayed);
  }
}

TEST(CoarseScan, FindsExactlyTheNeededOfEverySubsetOfTwelve) {
  for (std::uint32_t set = 0; set < 1U << 12; ++set) {
    Choice needed;
    for (std::uint32_t unit = 0; unit < 12; ++unit) {
      if (set >> unit & 1) needed.push_back(unit);
    }
    NeedsAll oracle(needed);
    CoarseScan scan(12);
    while (!scan.done()) {
      const Choice question = scan.question();
      ASSERT_LT(question.size(), scan.kept().size());
      scan.answer(oracle.ask(question) == Verdict::kReproduces);
    }
    EXPECT_EQ(scan.kept(), needed);
  }
}

TEST(CoarseScan, IsTakenWhereReplayIsDearAndReplaysLess) {
  for (const std::uint32_t k : {5U, 100U}) {
    Scene scene = uniform_scene(10'000, k, 3);
    Replaying coarse(*scene.oracle, kReplayIsDear);
    Replaying backward(*scene.oracle, {});
    const MinimizeResult result = minimize(scene.items, coarse, {});
    EXPECT_EQ(result.kept, minimize(scene.items, backward, {}).kept);
    EXPECT_TRUE(result.one_minimal);
    EXPECT_LT(coarse.replayed, backward.replayed);
  }
}

// Of a counted crash there are many minima.
TEST(CoarseScan, EndsAtTheSameResultForAnyNumberOfWorkers) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Scene scenes[] = {counter_scene(1'000, 8, seed), uniform_scene(2'000, 5, seed),
                      pairs_scene(1'000, 4, seed)};
    for (Scene& scene : scenes) {
      Replaying alone(*scene.oracle, kReplayIsDear);
      const Choice kept = minimize(scene.items, alone, {}).kept;
      for (const std::uint32_t workers : {2U, 4U, 8U, 33U}) {
        Replaying together(*scene.oracle, kReplayIsDear);
        EXPECT_EQ(minimize(scene.items, together, {.workers = workers}).kept, kept) << workers;
      }
    }
  }
}

TEST(CoarseScan, NeedsFewerRoundsWithMoreWorkers) {
  Scene scene = uniform_scene(10'000, 20, 3);
  std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint32_t workers : {1U, 2U, 8U}) {
    Rounds oracle(*scene.oracle, workers, kReplayIsDear);
    minimize(scene.items, oracle, {.workers = workers});
    EXPECT_LT(oracle.rounds, before);
    before = oracle.rounds * 3 / 4;
  }
}

TEST(CoarseScan, IsGivenUpWhereItemsDependOnOneAnother) {
  Scene scene = pairs_scene(10'000, 5, 3);
  Replaying oracle(*scene.oracle, kReplayIsDear);
  const MinimizeResult result = minimize(scene.items, oracle, {});
  EXPECT_EQ(result.kept, scene.minimal);
  EXPECT_LE(result.questions, 2 * result.bound);
}

}  // namespace
}  // namespace crashreel
