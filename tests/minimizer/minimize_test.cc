#include "minimizer/minimize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "minimizer/bound.h"
#include "minimizer/checker.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/scenes.h"
#include "tests/sanitized.h"

namespace crashreel {
namespace {

using namespace fakes;

MinimizeResult solve(Scene& scene, const MinimizeOptions& options = {}) {
  MinimizeResult result = minimize(scene.items, *scene.oracle, options);
  EXPECT_TRUE(result.reproduced);
  EXPECT_TRUE(result.one_minimal);
  EXPECT_TRUE(check_one_minimal(scene.items, result.kept, *scene.oracle).one_minimal);
  return result;
}

TEST(Minimize, FindsTheMinimumOfEveryMonotoneStructure) {
  for (std::uint64_t seed = 0; seed < rounds_of(20U); ++seed) {
    Scene scenes[] = {uniform_scene(3'000, 6, seed),     tail_scene(3'000, 6, seed),
                      pairs_scene(3'000, 6, seed),       chains_scene(3'000, 6, seed),
                      sessions_scene(3'000, 6, 1, seed), sessions_scene(3'000, 6, 3, seed),
                      sessions_scene(3'000, 12, 6, seed)};
    for (Scene& scene : scenes) {
      EXPECT_EQ(solve(scene).kept, scene.minimal);
    }
  }
}

TEST(Minimize, StaysNearTheBoundOnUniformSets) {
  for (std::uint64_t seed = 0; seed < rounds_of(100U); ++seed) {
    Scene scene = uniform_scene(20'000, 4, seed);
    const MinimizeResult result = solve(scene);
    EXPECT_EQ(result.bound, 58U);
    EXPECT_LE(static_cast<double>(result.questions), 1.25 * static_cast<double>(result.bound));
  }
}

TEST(Minimize, StaysNearTheBoundWhereLaterItemsNeedEarlierOnes) {
  for (std::uint64_t seed = 0; seed < rounds_of(10U); ++seed) {
    Scene scenes[] = {pairs_scene(10'000, 5, seed), chains_scene(10'000, 5, seed),
                      sessions_scene(10'000, 5, 1, seed)};
    for (Scene& scene : scenes) {
      const MinimizeResult result = solve(scene);
      EXPECT_LE(static_cast<double>(result.questions), 1.25 * static_cast<double>(result.bound));
    }
  }
}

TEST(Minimize, FindsACountedCrashByItsKindOfInput) {
  Scene scene = counter_scene(10'000, 300, 5);
  const MinimizeResult by_kind = solve(scene);
  const MinimizeResult blind = solve(scene, {.group_probes = false});
  EXPECT_EQ(by_kind.kept.size(), 301U);
  EXPECT_LT(by_kind.questions, 400U);
  EXPECT_LT(2 * by_kind.questions, blind.questions);
}

TEST(Minimize, SpendsAboutHalfOnACrashOfFewSessions) {
  Scene scene = sessions_scene(10'000, 20, 20, 5);
  const std::uint64_t by_session = solve(scene).questions;
  const std::uint64_t blind = solve(scene, {.group_probes = false}).questions;
  EXPECT_LT(3 * by_session, 2 * blind);
}

TEST(Minimize, EndsInAHandfulOfQuestionsWhenTheLastItemIsAllItTakes) {
  Scene scene = uniform_scene(100'000, 1, 1);
  EXPECT_LE(solve(scene).questions, 10U);
}

TEST(Minimize, FindsACrashThatNeedsNothing) {
  NeedsAll oracle({});
  const MinimizeResult result = minimize(std::vector<Item>(50), oracle, {});
  EXPECT_TRUE(result.one_minimal);
  EXPECT_TRUE(result.kept.empty());
}

TEST(Minimize, HasNothingToDoWithoutItems) {
  NeedsAll oracle({});
  const MinimizeResult result = minimize({}, oracle, {});
  EXPECT_TRUE(result.reproduced);
  EXPECT_TRUE(result.one_minimal);
  EXPECT_EQ(result.questions, 1U);
}

TEST(Minimize, KeepsAllWhenAllAreNeeded) {
  Choice all;
  for (std::uint32_t i = 0; i < 200; ++i) all.push_back(i);
  NeedsAll oracle(all);
  const MinimizeResult result = minimize(std::vector<Item>(200), oracle, {});
  EXPECT_EQ(result.kept, all);
  EXPECT_TRUE(result.one_minimal);
  EXPECT_LE(result.questions, 240U);
}

TEST(Minimize, SettlesForOneOfSeveralTriggers) {
  std::vector<Choice> causes;
  for (const std::uint32_t trigger : {700U, 800U, 900U, 999U}) causes.push_back({10, trigger});
  EitherOf oracle(causes);
  const MinimizeResult result = minimize(std::vector<Item>(1'000), oracle, {});
  EXPECT_TRUE(result.one_minimal);
  EXPECT_EQ(result.kept.size(), 2U);
}

TEST(Minimize, AsksNothingTwice) {
  for (std::uint64_t seed = 0; seed < rounds_of(20U); ++seed) {
    Scene scene = sessions_scene(2'000, 8, 4, seed);
    Watched oracle(*scene.oracle);
    const MinimizeResult result = minimize(scene.items, oracle, {});
    EXPECT_EQ(oracle.repeats, 0U);
    EXPECT_EQ(result.questions, oracle.runs);
    EXPECT_EQ(result.runs, oracle.runs);
    EXPECT_EQ(result.replayed_items, oracle.items_sent);
  }
}

TEST(Minimize, SaysWhenTheWholeDoesNotReproduce) {
  NeedsAll truth({5});
  Inconsistent oracle(truth, 1.0, 1, /*items=*/0);  // never crashes
  for (const bool confirm : {true, false}) {
    const MinimizeResult result = minimize(std::vector<Item>(20), oracle, {.confirm = confirm});
    EXPECT_FALSE(result.reproduced);
    EXPECT_FALSE(result.one_minimal);
    EXPECT_EQ(result.kept.size(), 20U);
  }
}

TEST(Minimize, NeverAcceptsAnotherCrashAndReportsIt) {
  NeedsInOrder oracle({99}, {{.earlier = 20, .later = 99}, {.earlier = 10, .later = 20}}, 100);
  const MinimizeResult result = minimize(std::vector<Item>(100), oracle, {});
  EXPECT_EQ(result.kept, (Choice{10, 20, 99}));
  ASSERT_FALSE(result.different.empty());
  for (const Choice& other : result.different) EXPECT_EQ(oracle.ask(other), Verdict::kDifferent);
}

TEST(Minimize, GivesTheBestSoFarAtAnyBudget) {
  Scene scene = pairs_scene(2'000, 5, 11);
  const MinimizeResult full = solve(scene);
  std::size_t last = scene.items.size();
  for (std::uint64_t budget = 1; budget < full.questions; ++budget) {
    const MinimizeResult result = minimize(scene.items, *scene.oracle, {.max_questions = budget});
    EXPECT_TRUE(result.stopped);
    EXPECT_FALSE(result.one_minimal);
    EXPECT_EQ(result.questions, budget);
    EXPECT_EQ(scene.oracle->ask(result.kept), Verdict::kReproduces);
    EXPECT_LE(result.kept.size(), last);
    last = result.kept.size();
  }
}

TEST(Minimize, StopsWhenAskedTo) {
  Scene scene = uniform_scene(2'000, 5, 11);
  int looks = 0;
  const MinimizeResult result =
      minimize(scene.items, *scene.oracle, {.stop = [&] { return ++looks > 10; }});
  EXPECT_TRUE(result.stopped);
  EXPECT_FALSE(result.one_minimal);
  EXPECT_EQ(result.runs, 10U);
}

TEST(Minimize, TellsItsProgress) {
  Scene scene = uniform_scene(2'000, 5, 3);
  std::vector<Progress> seen;
  const MinimizeResult result =
      solve(scene, {.progress = [&](const Progress& progress) { seen.push_back(progress); }});
  ASSERT_FALSE(seen.empty());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].expected_questions, seen[i].questions);
    EXPECT_EQ(seen[i].bytes_left, 40 * seen[i].items_left);
    if (i > 0) {
      EXPECT_LE(seen[i].items_left, seen[i - 1].items_left);
    }
  }
  EXPECT_EQ(seen.back().items_left, 5U);
  EXPECT_EQ(seen.back().expected_questions, result.questions);
}

TEST(Minimize, RecordsHowTheChoiceShrank) {
  Scene scene = uniform_scene(2'000, 5, 3);
  const MinimizeResult result = solve(scene);
  ASSERT_FALSE(result.history.empty());
  EXPECT_EQ(result.history.front().items_left, 2'000U);
  EXPECT_EQ(result.history.back().items_left, 5U);
  EXPECT_TRUE(std::is_sorted(
      result.history.begin(), result.history.end(),
      [](const HistoryPoint& a, const HistoryPoint& b) { return a.question < b.question; }));
}

TEST(Minimize, GivesTheSameResultForAnyNumberOfWorkers) {
  for (std::uint64_t seed = 0; seed < rounds_of(20U); ++seed) {
    Scene scene = sessions_scene(2'000, 8, 4, seed);
    const Choice alone = solve(scene).kept;
    for (const std::uint32_t workers : {2U, 3U, 4U, 8U, 64U}) {
      Watched oracle(*scene.oracle);
      const MinimizeResult result = minimize(scene.items, oracle, {.workers = workers});
      EXPECT_EQ(result.kept, alone);
      EXPECT_TRUE(result.one_minimal);
      if (workers < 4) {
        EXPECT_EQ(oracle.largest_batch, workers);
      }
    }
  }
}

TEST(Minimize, NeedsFewerRoundsWithMoreWorkers) {
  std::map<std::uint32_t, double> rounds;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Scene scene = uniform_scene(10'000, 20, seed);
    for (const std::uint32_t workers : {1U, 2U, 3U, 8U, 64U}) {
      Rounds oracle(*scene.oracle, workers);
      minimize(scene.items, oracle, {.workers = workers});
      rounds[workers] += static_cast<double>(oracle.rounds);
    }
  }
  EXPECT_LT(1.3 * rounds[2], rounds[1]);
  EXPECT_LT(rounds[3], rounds[2]);
  EXPECT_LT(4 * rounds[8], rounds[1]);
  EXPECT_LT(20 * rounds[64], rounds[1]);
}

TEST(Minimize, GivesOneOfManyMinimaWhateverTheNumberOfWorkers) {
  Scene counted = counter_scene(2'000, 50, 5);
  EitherOf either({{10, 700}, {10, 800}, {20, 900}, {10, 999}, {700, 999}});
  const std::vector<Item> items(1'000);
  for (const std::uint32_t workers : {2U, 4U, 8U, 64U}) {
    EXPECT_EQ(solve(counted, {.workers = workers}).kept, solve(counted).kept);
    const MinimizeResult result = minimize(items, either, {.workers = workers});
    EXPECT_EQ(result.kept, minimize(items, either, {}).kept);
    EXPECT_TRUE(result.one_minimal);
  }
}

TEST(Minimize, GivesTheBestSoFarAtAnyBudgetWithManyWorkers) {
  Scene scenes[] = {pairs_scene(1'000, 5, 11), uniform_scene(1'000, 5, 11),
                    counter_scene(1'000, 30, 11)};
  for (Scene& scene : scenes) {
    const MinimizeResult full = solve(scene, {.workers = 8});
    for (std::uint64_t budget = 1; budget < full.questions; budget += 3) {
      const MinimizeResult result =
          minimize(scene.items, *scene.oracle, {.workers = 8, .max_questions = budget});
      EXPECT_LE(result.questions + result.guesses, budget);
      if (result.reproduced) {
        EXPECT_EQ(scene.oracle->ask(result.kept), Verdict::kReproduces);
      }
    }
  }
}

TEST(Minimize, LeavesAtMostAFewTooManyWithAnOracleThatLiesConsistently) {
  std::uint64_t kept = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Scene scene = uniform_scene(10'000, 5, seed);
    Inconsistent oracle(*scene.oracle, 0.2, seed, scene.items.size());
    const MinimizeResult result = minimize(scene.items, oracle, {});
    EXPECT_TRUE(result.one_minimal);
    EXPECT_TRUE(check_one_minimal(scene.items, result.kept, oracle).one_minimal);
    kept += result.kept.size();
  }
  EXPECT_LE(kept, 20 * 5 + 30);  // 1.5 each on average
}

TEST(Minimize, FindsAFlakyCrashByVotingFullyOnlyInTheEnd) {
  std::uint64_t surplus = 0, missing = 0;
  for (std::uint64_t seed = 0; seed < rounds_of(20U); ++seed) {
    Scene scene = uniform_scene(1'000, 5, seed);
    Flaky oracle(*scene.oracle, 0.5, seed);
    const MinimizeResult result =
        minimize(scene.items, oracle, {.search_votes = 3, .verify_votes = 12});
    EXPECT_TRUE(result.reproduced);
    EXPECT_GT(result.runs, result.questions);
    EXPECT_LT(result.runs, 400U);
    if (scene.oracle->ask(result.kept) != Verdict::kReproduces) ++missing;
    surplus += result.kept.size() - std::min<std::size_t>(result.kept.size(), 5);
  }
  EXPECT_EQ(missing, 0U);  // a crash never comes by itself, so nothing needed is ever lost
  EXPECT_LE(surplus, 2U);
}

TEST(Minimize, SurvivesRunsWithoutAnAnswer) {
  for (std::uint64_t seed = 0; seed < rounds_of(20U); ++seed) {
    Scene scene = uniform_scene(1'000, 5, seed);
    Unresolving oracle(*scene.oracle, 0.3, seed);
    const MinimizeResult result =
        minimize(scene.items, oracle, {.search_votes = 2, .verify_votes = 4});
    if (!result.reproduced) continue;  // the whole got no answer in any vote
    EXPECT_EQ(scene.oracle->ask(result.kept), Verdict::kReproduces);
    EXPECT_EQ(result.kept, scene.minimal);
    EXPECT_GT(result.unresolved, 0U);
  }
}

TEST(Minimize, TellsTheRateOfAFlakyCrashOnTheWay) {
  fakes::Scene scene = fakes::uniform_scene(300, 4, 5);
  fakes::Flaky oracle(*scene.oracle, 0.5, 5);
  std::vector<double> rates;
  MinimizeOptions options;
  options.flaky = true;
  options.progress = [&](const Progress& progress) { rates.push_back(progress.rate); };
  const MinimizeResult result = minimize(scene.items, oracle, options);
  ASSERT_FALSE(rates.empty());
  EXPECT_EQ(rates.back(), result.rate);
  EXPECT_GT(rates.front(), 0.1);
  EXPECT_LT(rates.front(), 0.9);
}

}  // namespace
}  // namespace crashreel
