#include "minimizer/votes.h"

#include <gtest/gtest.h>

#include <random>

#include "minimizer/minimize.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/scenes.h"

namespace crashreel {
namespace {

using namespace fakes;

TEST(Votes, AreAsManyAsAskedForUnlessByRate) {
  const Votes votes(2, 7);
  EXPECT_EQ(votes.search(), 2U);
  EXPECT_EQ(votes.proof(100), 7U);
  EXPECT_FALSE(votes.too_rare_to_search());
}

TEST(Votes, LearnTheRateFromRunsThatWereCutShort) {
  std::mt19937_64 random(1);
  for (const double rate : {0.3, 0.5, 0.8}) {
    for (const std::uint32_t most : {2U, 3U, 6U}) {
      Votes votes = Votes::by_rate(0.01, 100);
      std::bernoulli_distribution crashes(rate);
      for (int question = 0; question < 3'000; ++question) {
        std::uint32_t misses = 0;
        while (misses < most && !crashes(random)) ++misses;
        if (misses < most) votes.saw_crash(misses, most);
      }
      EXPECT_NEAR(votes.rate(), rate, 0.04);
    }
  }
}

TEST(Votes, RiseAsTheRateFalls) {
  std::uint32_t search = 0, proof = 0;
  for (const std::uint64_t misses : {0U, 100U, 300U, 900U}) {
    Votes votes = Votes::by_rate(0.01, 1'000);
    votes.saw_runs(100, misses);
    EXPECT_GT(votes.search(), search);
    EXPECT_GT(votes.proof(10), proof);
    search = votes.search();
    proof = votes.proof(10);
  }
}

TEST(MinimizeFlaky, FindsTheExactMinimumAndStatesTheRate) {
  for (const double rate : {0.5, 0.7, 0.9}) {
    int exact = 0;
    double stated = 0;
    constexpr int kSeeds = 40;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      Scene scene = uniform_scene(2'000, 10, seed);
      Flaky oracle(*scene.oracle, rate, seed);
      const MinimizeResult result = minimize(scene.items, oracle, {.flaky = true});
      EXPECT_EQ(scene.oracle->ask(result.kept), Verdict::kReproduces);
      exact += result.kept == scene.minimal;
      stated += result.rate / kSeeds;
    }
    EXPECT_GE(exact, kSeeds - 2);
    EXPECT_NEAR(stated, rate, 0.08);
  }
}

TEST(MinimizeFlaky, SaysThatACrashIsTooRareAndKeepsTheBestSoFar) {
  Scene scene = uniform_scene(500, 4, 1);
  Flaky oracle(*scene.oracle, 0.02, 1);
  const MinimizeResult result =
      minimize(scene.items, oracle, {.flaky = true, .rate_runs = 2'000, .most_votes = 20});
  EXPECT_TRUE(result.reproduced);
  EXPECT_TRUE(result.too_rare);
  EXPECT_FALSE(result.one_minimal);
  EXPECT_EQ(scene.oracle->ask(result.kept), Verdict::kReproduces);
}

TEST(MinimizeFlaky, DoesNotClaimACrashThatItNeverSaw) {
  NeedsAll truth({5});
  Flaky oracle(truth, 0.0, 1);
  const MinimizeResult result =
      minimize(std::vector<Item>(20), oracle, {.flaky = true, .rate_runs = 30});
  EXPECT_FALSE(result.reproduced);
  EXPECT_EQ(result.runs, 30U);
}

}  // namespace
}  // namespace crashreel
