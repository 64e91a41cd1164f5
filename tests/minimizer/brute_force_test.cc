// The minimizer against brute force: on a dozen items every subset can be tried, so what is minimal
// is not a matter of opinion.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

#include "minimizer/checker.h"
#include "minimizer/minimize.h"
#include "tests/minimizer/fake_oracles.h"

namespace crashreel {
namespace {

Choice choice_of(std::uint32_t set) {
  Choice choice;
  for (std::uint32_t item = 0; item < 32; ++item) {
    if (set >> item & 1) choice.push_back(item);
  }
  return choice;
}

// The size of the smallest subset that crashes.
std::size_t smallest(std::uint32_t items, Oracle& oracle) {
  std::size_t best = items;
  for (std::uint32_t set = 0; set < 1U << items; ++set) {
    const auto size = static_cast<std::size_t>(std::popcount(set));
    if (size < best && oracle.ask(choice_of(set)) == Verdict::kReproduces) best = size;
  }
  return best;
}

std::uint32_t below(std::mt19937& random, std::uint32_t limit) {
  return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random);
}

// Groups drawn at random, so that probes by group take part.
std::vector<Item> grouped_items(std::uint32_t items, std::mt19937& random) {
  std::vector<Item> drawn(items);
  for (Item& item : drawn) item.group = below(random, 5);
  return drawn;
}

// Minimizes with and without workers; the result must be 1-minimal and the same. With many of them
// it is the same only if more items do no harm.
Choice minimal_of(std::span<const Item> items, Oracle& oracle, bool monotone = true) {
  const MinimizeResult result = minimize(items, oracle, {});
  EXPECT_TRUE(result.reproduced);
  EXPECT_TRUE(result.one_minimal);
  EXPECT_TRUE(check_one_minimal(items, result.kept, oracle).one_minimal);
  EXPECT_EQ(minimize(items, oracle, {.workers = 3}).kept, result.kept);
  const MinimizeResult by_many = minimize(items, oracle, {.workers = 8});
  EXPECT_TRUE(by_many.one_minimal);
  EXPECT_TRUE(check_one_minimal(items, by_many.kept, oracle).one_minimal);
  if (monotone) {
    EXPECT_EQ(by_many.kept, result.kept);
  }
  return result.kept;
}

TEST(MinimizeByBruteForce, FindsEverySetOfTenItems) {
  std::mt19937 random(1);
  for (std::uint32_t set = 0; set < 1U << 10; ++set) {
    fakes::NeedsAll oracle(choice_of(set));
    EXPECT_EQ(minimal_of(grouped_items(10, random), oracle), choice_of(set));
  }
}

TEST(MinimizeByBruteForce, IsOneMinimalWhateverTheTruthIs) {
  std::mt19937 random(2);
  for (std::uint32_t seed = 0; seed < 600; ++seed) {
    const std::uint32_t items = 1 + seed % 12;
    fakes::Arbitrary oracle(items, 0.05 + 0.9 * (seed % 7) / 7.0, seed);
    minimal_of(grouped_items(items, random), oracle, /*monotone=*/false);
  }
}

TEST(MinimizeByBruteForce, IsMinimumWhereLaterItemsNeedEarlierOnes) {
  std::mt19937 random(3);
  for (int round = 0; round < 400; ++round) {
    const std::uint32_t items = 2 + below(random, 9);
    std::vector<fakes::NeedsInOrder::Pair> pairs;
    for (std::uint32_t i = 0; i < items; ++i) {
      const std::uint32_t later = 1 + below(random, items - 1);
      pairs.push_back({.earlier = below(random, later), .later = later});
    }
    fakes::NeedsInOrder oracle(choice_of(below(random, 1U << items)), pairs, items);
    const Choice kept = minimal_of(grouped_items(items, random), oracle);
    EXPECT_EQ(kept.size(), smallest(items, oracle));
    EXPECT_EQ(kept, oracle.minimal());
  }
}

TEST(MinimizeByBruteForce, IsMinimumWhenSomethingIsCounted) {
  std::mt19937 random(4);
  for (int round = 0; round < 400; ++round) {
    const std::uint32_t items = 2 + below(random, 10);
    const Choice counted = choice_of(below(random, 1U << (items - 1)));
    const auto count = below(random, static_cast<std::uint32_t>(counted.size()) + 1);
    fakes::Counts oracle(counted, count, items - 1);
    EXPECT_EQ(minimal_of(grouped_items(items, random), oracle).size(), count + 1);
  }
}

TEST(MinimizeByBruteForce, IsOneMinimalWhenThereAreSeveralCauses) {
  std::mt19937 random(5);
  for (int round = 0; round < 400; ++round) {
    const std::uint32_t items = 2 + below(random, 10);
    std::vector<Choice> causes;
    for (int cause = 0; cause < 3; ++cause) causes.push_back(choice_of(below(random, 1U << items)));
    fakes::EitherOf oracle(causes);
    const Choice kept = minimal_of(grouped_items(items, random), oracle);
    EXPECT_TRUE(std::find(causes.begin(), causes.end(), kept) != causes.end());
  }
}

TEST(MinimizeByBruteForce, IsOneMinimalForAnOracleThatLiesConsistently) {
  std::mt19937 random(6);
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const std::uint32_t items = 2 + below(random, 10);
    fakes::NeedsAll truth(choice_of(below(random, 1U << items)));
    fakes::Inconsistent oracle(truth, 0.2, seed, items);
    minimal_of(grouped_items(items, random), oracle, /*monotone=*/false);
  }
}

}  // namespace
}  // namespace crashreel
