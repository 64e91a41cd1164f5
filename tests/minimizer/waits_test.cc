#include "minimizer/waits.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/minimizer/candidates.h"

namespace crashreel {
namespace {

using fakes::CandidateFake;

constexpr std::uint64_t kMs = 1'000'000;

Candidate with_waits_ms(const std::vector<std::uint64_t>& waits) {
  Candidate candidate;
  for (const std::uint64_t wait : waits) {
    candidate.push_back({.input = static_cast<std::uint32_t>(candidate.size()),
                         .bytes = "x",
                         .wait_ns = wait * kMs});
  }
  return candidate;
}

TEST(MinimizeWaits, TakesOneQuestionWhereNoneIsNeeded) {
  CandidateFake oracle([](const Candidate&) { return true; });
  const RewriteResult result = minimize_waits(with_waits_ms({0, 7, 0, 900, 3}), oracle, {});
  EXPECT_EQ(result.candidate, with_waits_ms({0, 0, 0, 0, 0}));
  EXPECT_EQ(result.questions, 1U);
  EXPECT_TRUE(result.one_minimal);
}

TEST(MinimizeWaits, AsksNothingWhereThereIsNone) {
  CandidateFake oracle([](const Candidate&) { return true; });
  minimize_waits(with_waits_ms({0, 0}), oracle, {});
  EXPECT_EQ(oracle.runs, 0U);
}

// A session that expires after 1,500 ms.
TEST(MinimizeWaits, FindsTheShortestWaitThatStillCrashes) {
  CandidateFake oracle([](const Candidate& sent) { return sent[2].wait_ns >= 1'500 * kMs; });
  const RewriteResult result = minimize_waits(with_waits_ms({4, 30, 60'000, 8}), oracle, {});
  EXPECT_EQ(result.candidate, with_waits_ms({0, 0, 1'500, 0}));
  EXPECT_LE(result.questions, 24U);
  EXPECT_TRUE(result.one_minimal);
}

TEST(MinimizeWaits, SharesOutAWaitThatIsNeededInAll) {
  const auto waited = [](const Candidate& sent) {
    std::uint64_t sum = 0;
    for (const Part& part : sent) sum += part.wait_ns;
    return sum;
  };
  CandidateFake oracle([&](const Candidate& sent) { return waited(sent) >= 100 * kMs; });
  const RewriteResult result = minimize_waits(with_waits_ms({40, 50, 60}), oracle, {});
  EXPECT_EQ(waited(result.candidate), 100 * kMs);
  EXPECT_TRUE(result.one_minimal);
}

TEST(MinimizeWaits, NeverMakesAWaitLonger) {
  const Candidate whole = {{.input = 0, .bytes = "x", .wait_ns = 1'700'001}};
  CandidateFake oracle([](const Candidate& sent) { return sent[0].wait_ns > 1'000'000; });
  EXPECT_EQ(minimize_waits(whole, oracle, {}).candidate, whole);
}

TEST(MinimizeWaits, EndsWithWhatCrashesAtAnyBudget) {
  for (std::uint64_t budget = 0; budget < 40; ++budget) {
    CandidateFake oracle([](const Candidate& sent) { return sent[1].wait_ns >= 33 * kMs; });
    const RewriteResult result =
        minimize_waits(with_waits_ms({40, 5'000, 60}), oracle, {.max_questions = budget});
    EXPECT_LE(result.questions, budget);
    EXPECT_GE(result.candidate[1].wait_ns, 33 * kMs);
  }
}

}  // namespace
}  // namespace crashreel
