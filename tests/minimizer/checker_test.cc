#include "minimizer/checker.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/minimizer/fake_oracles.h"

namespace crashreel {
namespace {

const std::vector<Item> kItems(1'000);

TEST(Checker, AgreesThatExactlyTheNeededAreMinimal) {
  fakes::NeedsAll oracle({3, 500, 999});
  const MinimalityCheck check = check_one_minimal(kItems, {3, 500, 999}, oracle);
  EXPECT_TRUE(check.reproduces);
  EXPECT_TRUE(check.one_minimal);
  EXPECT_FALSE(check.superfluous);
  EXPECT_EQ(check.runs, 4U);
}

TEST(Checker, NamesTheFirstThatCanGo) {
  fakes::NeedsAll oracle({3, 500, 999});
  const MinimalityCheck check = check_one_minimal(kItems, {3, 70, 500, 600, 999}, oracle);
  EXPECT_TRUE(check.reproduces);
  EXPECT_FALSE(check.one_minimal);
  EXPECT_EQ(check.superfluous, 70U);
}

TEST(Checker, NamesTheFirstThatCanGoAmongMany) {
  Choice needed(400);
  std::iota(needed.begin(), needed.end(), 100U);
  fakes::NeedsAll oracle(needed);
  Choice kept = needed;
  kept.push_back(900);
  EXPECT_EQ(check_one_minimal(kItems, kept, oracle).superfluous, 900U);
  EXPECT_TRUE(check_one_minimal(kItems, needed, oracle).one_minimal);
}

TEST(Checker, ClaimsNothingOfWhatDoesNotReproduce) {
  fakes::NeedsAll oracle({3, 500, 999});
  const MinimalityCheck check = check_one_minimal(kItems, {3, 500}, oracle);
  EXPECT_FALSE(check.reproduces);
  EXPECT_FALSE(check.one_minimal);
}

TEST(Checker, AcceptsNothingAtAllIfItCrashesByItself) {
  fakes::NeedsAll oracle({});
  EXPECT_TRUE(check_one_minimal(kItems, {}, oracle).one_minimal);
}

TEST(Checker, AsksInBatchesThatWorkersCanServe) {
  fakes::NeedsAll truth({1, 2, 3, 4, 5});
  fakes::Watched oracle(truth);
  check_one_minimal(kItems, {1, 2, 3, 4, 5}, oracle);
  EXPECT_EQ(oracle.largest_batch, 5U);
}

}  // namespace
}  // namespace crashreel
