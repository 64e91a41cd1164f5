#include "minimizer/gap_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "minimizer/speculate.h"

namespace crashreel {
namespace {

using Needed = std::set<std::uint32_t>;

// What an oracle that needs exactly these would say.
bool truth(const GapScan& scan, const Needed& needed) {
  return std::all_of(needed.begin(), needed.end(), [&](std::uint32_t unit) {
    const auto& settled = scan.settled();
    return unit < scan.question() ||
           std::find(settled.begin(), settled.end(), unit) != settled.end();
  });
}

// Runs the scan to its end; the number of questions.
std::uint32_t run(GapScan& scan, const Needed& needed) {
  std::uint32_t questions = 0;
  for (; !scan.done(); ++questions) scan.answer(truth(scan, needed));
  return questions;
}

GapScan fresh_scan(std::uint32_t units) {
  return GapScan(units, GapMemory::fresh(units));
}

TEST(GapScan, FindsExactlyTheNeededOfEverySubsetOfTwelve) {
  for (std::uint32_t set = 0; set < 1U << 12; ++set) {
    Needed needed;
    for (std::uint32_t unit = 0; unit < 12; ++unit) {
      if (set >> unit & 1) needed.insert(unit);
    }
    GapScan scan = fresh_scan(12);
    run(scan, needed);
    EXPECT_EQ(Needed(scan.settled().begin(), scan.settled().end()), needed);
    EXPECT_TRUE(std::is_sorted(scan.settled().rbegin(), scan.settled().rend()));
  }
}

TEST(GapScan, OfNothingIsDoneAtOnce) {
  EXPECT_TRUE(fresh_scan(0).done());
}

TEST(GapScan, DropsEverythingInFewQuestionsIfNothingIsNeeded) {
  GapScan scan = fresh_scan(1'000'000);
  EXPECT_LE(run(scan, {}), 3U);
}

TEST(GapScan, AsksLittleMoreThanOnceForEachUnitIfAllAreNeeded) {
  GapScan scan = fresh_scan(1'000);
  Needed all;
  for (std::uint32_t unit = 0; unit < 1'000; ++unit) all.insert(unit);
  EXPECT_LE(run(scan, all), 1'050U);
}

TEST(GapScan, NeverAsksAboutNothing) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    GapScan scan = fresh_scan(500);
    while (!scan.done()) {
      ASSERT_LT(scan.question(), scan.best());
      scan.answer(random() % 2 == 0);
    }
  }
}

TEST(GapScan, KnowsItsBestAfterEachAnswer) {
  GapScan scan = fresh_scan(100);
  const Needed needed = {3, 40, 41, 99};
  while (!scan.done()) {
    scan.answer(truth(scan, needed));
    for (const std::uint32_t unit : needed) {
      const auto& settled = scan.settled();
      const bool known = std::find(settled.begin(), settled.end(), unit) != settled.end();
      EXPECT_TRUE(known || unit < scan.best());
    }
  }
}

TEST(GapMemory, DoublesTheGroupWhileNothingIsNeeded) {
  GapMemory memory = GapMemory::fresh(4'000);
  const std::uint32_t first = memory.group();
  memory.saw_clean(first);
  EXPECT_EQ(memory.group(), 2 * first);
}

TEST(GapMemory, CutsAGroupSoThatBothAnswersAreEquallyLikely) {
  const GapMemory memory = GapMemory::fresh(4'000);
  const std::uint32_t cut = memory.cut(0, 1'000);
  const double needed_before = 1 - memory.chance_clean(cut);
  const double needed_at_all = 1 - memory.chance_clean(1'000);
  EXPECT_NEAR(needed_before / needed_at_all, 0.5, 0.01);
}

TEST(LikelyNext, BeginsWithTheQuestionItself) {
  const GapScan scan = fresh_scan(1'000);
  const auto next = likely_next(scan, 3);
  ASSERT_EQ(next.size(), 3U);
  EXPECT_EQ(next[0].state.question(), scan.question());
}

TEST(LikelyNext, ContainsWhatIsAskedNextWhateverTheAnswer) {
  const Needed needed = {17, 400};
  GapScan scan = fresh_scan(1'000);
  while (!scan.done()) {
    const auto next = likely_next(scan, 7);
    scan.answer(truth(scan, needed));
    if (scan.done()) break;
    EXPECT_TRUE(std::any_of(next.begin(), next.end(), [&](const Guess<GapScan>& guess) {
      return guess.state.question() == scan.question() && guess.state.settled() == scan.settled();
    }));
  }
}

TEST(LikelyNext, CallsNeedlessWhatLiesOnNoWayAnyMore) {
  const auto next = likely_next(fresh_scan(1'000), 7);
  GuessRace race(next);
  for (std::size_t i = 0; i < next.size(); ++i) EXPECT_FALSE(race.needless(i));
  race.answered(0, Verdict::kReproduces);
  EXPECT_FALSE(race.needless(0));
  for (std::size_t i = 1; i < next.size(); ++i) {
    std::size_t first = i;
    while (next[first].way.parent != 0) first = next[first].way.parent;
    EXPECT_EQ(race.needless(i), !next[first].way.if_yes);
  }
}

TEST(LikelyNext, EndsWhereTheScanCanOnlyEnd) {
  EXPECT_EQ(likely_next(fresh_scan(1), 8).size(), 1U);
}

}  // namespace
}  // namespace crashreel
