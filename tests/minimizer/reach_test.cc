#include "minimizer/reach.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/minimizer/fake_oracles.h"

namespace crashreel {
namespace {

using namespace fakes;

TEST(Reach, IsTheDistanceOfTheFirstNeededItem) {
  for (std::uint32_t first = 0; first < 300; ++first) {
    NeedsAll oracle(first == 299 ? Choice{299} : Choice{first, 299});
    const Reach reach = find_reach(300, oracle, {});
    EXPECT_EQ(reach.length, 300 - first);
    EXPECT_EQ(reach.passes, 299 - first);
    EXPECT_LE(reach.questions, 14U);
  }
}

TEST(Reach, OfNothingIsNoneUnlessNothingCrashes) {
  NeedsAll never({5});
  EXPECT_EQ(find_reach(0, never, {}).length, std::nullopt);
  NeedsAll always({});
  EXPECT_EQ(find_reach(0, always, {}).length, 0U);
}

TEST(Reach, SaysWhatItKnowsWhenTheBudgetIsSpent) {
  NeedsAll oracle({500, 999});
  const Reach reach = find_reach(1'000, oracle, {.max_questions = 7});
  EXPECT_EQ(reach.questions, 7U);
  ASSERT_TRUE(reach.length);
  EXPECT_GE(*reach.length, 500U);
  EXPECT_LT(reach.passes, 500U);
}

TEST(Reach, IsTheSameForAnyNumberOfWorkers) {
  for (std::uint32_t first = 0; first < 300; first += 7) {
    NeedsAll oracle({first, 299});
    for (const std::uint32_t workers : {2U, 3U, 8U}) {
      Rounds rounds(oracle, workers);
      const Reach reach = find_reach(300, rounds, {.workers = workers});
      EXPECT_EQ(reach.length, 300 - first);
      EXPECT_TRUE(reach.exact);
      if (workers == 8) {
        EXPECT_LE(rounds.rounds, 6U + 3U + 1U);
      }
    }
  }
}

TEST(Reach, BeginsBetweenWhatIsKnown) {
  NeedsAll oracle({400, 999});
  Watched watched(oracle);
  const Reach reach = find_reach(1'000, watched, {.passes = 256, .crashes = 1'000});
  EXPECT_EQ(reach.length, 600U);
  EXPECT_TRUE(reach.exact);
  EXPECT_TRUE(
      std::ranges::all_of(watched.asked, [](const Choice& choice) { return choice.size() > 256; }));
}

TEST(Reach, IsNoneOfTheItemsWhereTheCrashNeedsNone) {
  NeedsAll always({});
  const Reach reach = find_reach(50, always, {});
  EXPECT_EQ(reach.length, 0U);
  EXPECT_TRUE(reach.exact);
}

TEST(Reach, EndsWhereItIsToldTo) {
  NeedsAll oracle({500, 999});
  int runs = 0;
  const Reach reach = find_reach(1'000, oracle, {.stop = [&] { return ++runs > 8; }});
  EXPECT_TRUE(reach.stopped);
  EXPECT_FALSE(reach.exact);
  EXPECT_EQ(reach.runs, 8U);
}

// What is claimed holds whatever the truth is; where more items never hinder, it is the shortest.
TEST(Reach, CrashesAtItsLengthAndNotAtOneLessWhateverTheTruthIs) {
  for (std::uint32_t seed = 0; seed < 1'000; ++seed) {
    const std::uint32_t items = 1 + seed % 14;
    Arbitrary oracle(items, 0.05 + 0.9 * (seed % 7) / 7.0, seed);
    const Reach reach = find_reach(items, oracle, {.workers = 1 + seed % 3});
    ASSERT_TRUE(reach.length && reach.exact) << seed;
    EXPECT_EQ(measure_reach(*reach.length, items, oracle, 1).reproduced, 1U) << seed;
    if (*reach.length > 0) {
      EXPECT_EQ(measure_reach(*reach.length - 1, items, oracle, 1).reproduced, 0U) << seed;
    }
  }
}

TEST(Reach, IsTheShortestByBruteForceWhereThereAreSeveralCauses) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    const auto items = static_cast<std::uint32_t>(1 + random() % 60);
    std::vector<Choice> causes(1 + random() % 3);
    for (Choice& cause : causes) {
      for (std::uint32_t item = 0; item < items; ++item) {
        if (random() % 16 == 0) cause.push_back(item);
      }
    }
    EitherOf oracle(causes);
    std::uint32_t shortest = 0;
    while (measure_reach(shortest, items, oracle, 1).reproduced == 0) ++shortest;
    EXPECT_EQ(find_reach(items, oracle, {}).length, shortest);
  }
}

// Of 200 searches for a crash that comes in p of the runs, how many end at another length.
int wrong_lengths(double p, bool by_rate) {
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto first = static_cast<std::uint32_t>(seed * 37 % 999);
    NeedsAll truth({first, 999});
    Flaky oracle(truth, p, seed);
    Votes votes = by_rate ? Votes::by_rate(0.003, 100) : Votes(1, 1);
    if (by_rate)
      votes.saw_runs(static_cast<std::uint64_t>(p * 100), 100 - static_cast<int>(p * 100));
    const Reach reach = find_reach(1'000, oracle, {.crashes = 1'000, .votes = &votes});
    wrong += reach.length != 1'000 - first;
  }
  return wrong;
}

TEST(Reach, OfACrashThatComesSometimesIsFoundByVotes) {
  for (const double p : {0.2, 0.5, 0.8}) {
    EXPECT_LE(wrong_lengths(p, /*by_rate=*/true), 2) << p;
    EXPECT_GE(wrong_lengths(p, /*by_rate=*/false), 50) << p;
  }
}

TEST(Reach, TakesAnOtherCrashAndNoAnswerForNone) {
  NeedsInOrder other({50, 90}, {{.earlier = 20, .later = 80}}, 100);
  const Reach reach = find_reach(100, other, {});
  EXPECT_EQ(reach.length, 80U);  // with less there is the other crash
  NeedsAll truth({50, 90});
  Unresolving silent(truth, 1.0, 1);
  EXPECT_EQ(find_reach(100, silent, {}).length, std::nullopt);
}

TEST(Reach, CountsHowRunsOfALengthEnd) {
  NeedsInOrder oracle({90}, {{.earlier = 50, .later = 80}}, 100);
  EXPECT_EQ(measure_reach(50, 100, oracle, 3), (ReachPoint{.length = 50, .reproduced = 3}));
  EXPECT_EQ(measure_reach(49, 100, oracle, 2), (ReachPoint{.length = 49, .different = 2}));
  EXPECT_EQ(measure_reach(9, 100, oracle, 2), (ReachPoint{.length = 9, .passed = 2}));
  Unresolving silent(oracle, 1.0, 1);
  EXPECT_EQ(measure_reach(50, 100, silent, 1), (ReachPoint{.length = 50, .unresolved = 1}));
}

TEST(Reach, MeasuresEachPowerOfFourAndTheWhole) {
  EXPECT_EQ(reach_lengths(0), std::vector<std::uint32_t>{});
  EXPECT_EQ(reach_lengths(1), std::vector<std::uint32_t>{1});
  EXPECT_EQ(reach_lengths(16), (std::vector<std::uint32_t>{1, 4, 16}));
  EXPECT_EQ(reach_lengths(20), (std::vector<std::uint32_t>{1, 4, 16, 20}));
  EXPECT_EQ(reach_lengths(UINT32_MAX).size(), 17U);
}

}  // namespace
}  // namespace crashreel
