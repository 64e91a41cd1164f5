#include "minimizer/bound.h"

#include <gtest/gtest.h>

#include <bit>

namespace crashreel {
namespace {

TEST(QuestionBound, AgreesWithExactBinomials) {
  // C(n,k) by Pascal's triangle; 60 over 30 still fits into 64 bits.
  std::uint64_t choose[61][61] = {};
  for (std::uint64_t n = 0; n <= 60; ++n) {
    choose[n][0] = 1;
    for (std::uint64_t k = 1; k <= n; ++k) choose[n][k] = choose[n - 1][k - 1] + choose[n - 1][k];
    for (std::uint64_t k = 0; k <= n; ++k) {
      const auto bits = static_cast<std::uint64_t>(std::bit_width(choose[n][k] - 1));
      EXPECT_EQ(question_bound(n, k), bits + k + 1) << n << " over " << k;
    }
  }
}

TEST(QuestionBound, AgreesWithExactValuesOfLargeNumbers) {
  // From integer arithmetic of any length: (C(n,k) - 1).bit_length() + k + 1.
  EXPECT_EQ(question_bound(1'000, 5), 49U);
  EXPECT_EQ(question_bound(10'000, 100), 905U);
  EXPECT_EQ(question_bound(20'000, 4), 58U);
  EXPECT_EQ(question_bound(100'000, 5), 83U);
  EXPECT_EQ(question_bound(100'000, 100), 1'238U);
  EXPECT_EQ(question_bound(1'000'000, 20), 359U);
  EXPECT_EQ(question_bound(1'000'000, 200), 2942U);
}

TEST(QuestionBound, KeepsExactPowersOfTwoExact) {
  for (std::uint64_t bits = 0; bits <= 30; ++bits) {
    EXPECT_EQ(question_bound(std::uint64_t{1} << bits, 1), bits + 2);
    EXPECT_EQ(question_bound((std::uint64_t{1} << bits) + 1, 1), bits + 3);
  }
}

TEST(QuestionBound, OfNothingOrEverythingIsTheProofAlone) {
  EXPECT_EQ(question_bound(0, 0), 1U);
  EXPECT_EQ(question_bound(50, 0), 1U);
  EXPECT_EQ(question_bound(50, 50), 51U);
}

}  // namespace
}  // namespace crashreel
