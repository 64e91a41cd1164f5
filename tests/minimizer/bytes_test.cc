#include "minimizer/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <utility>

#include "tests/minimizer/candidates.h"
#include "tests/sanitized.h"

namespace crashreel {
namespace {

using fakes::bytes_of;
using fakes::candidate_of;
using fakes::Payloads;

struct ByteFake : fakes::CandidateFake {
  explicit ByteFake(std::function<bool(const Payloads&)> crashes)
      : CandidateFake(fakes::texts(std::move(crashes))) {}
};

// What the tests below look at: texts instead of candidates.
struct Shrunk : RewriteResult {
  Payloads payloads;
};

Shrunk minimize_bytes(const Payloads& whole, CandidateOracle& oracle,
                      const RewriteOptions& options) {
  Shrunk shrunk = {crashreel::minimize_bytes(candidate_of(whole), oracle, options), {}};
  shrunk.payloads = bytes_of(shrunk.candidate);
  return shrunk;
}

bool is_subsequence(const std::string& of, const std::string& whole) {
  std::size_t at = 0;
  for (const char c : whole) at += at < of.size() && of[at] == c ? 1 : 0;
  return at == of.size();
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST(MinimizeBytes, KeepsTheWordThatMatters) {
  const Payloads whole = {"GET /index.html?id=%n HTTP/1.1\r\nHost: example\r\n\r\n"};
  ByteFake oracle([](const auto& payloads) { return contains(payloads[0], "%n"); });
  const Shrunk result = minimize_bytes(whole, oracle, {});
  EXPECT_EQ(result.payloads, Payloads{"%n"});
  EXPECT_LE(result.questions, 20U);
}

TEST(MinimizeBytes, ShrinksEachInputAndKeepsTheirNumber) {
  const Payloads whole = {"hello world", "unneeded", "SET key value"};
  ByteFake oracle([](const auto& payloads) {
    return contains(payloads[0], "wor") && contains(payloads[2], "SET k");
  });
  EXPECT_EQ(minimize_bytes(whole, oracle, {}).payloads, (Payloads{"wor", "", "SET k"}));
}

TEST(MinimizeBytes, CostsLittleMoreThanItsLengthWhereMostBytesAreNeeded) {
  std::mt19937 random(1);
  for (const std::size_t length : {40U, 65U, 90U, 130U}) {
    for (const int percent : {70, 80, 90, 95, 100}) {
      double questions = 0;
      constexpr int kRounds = 40;
      for (int round = 0; round < kRounds; ++round) {
        std::string whole, needed;
        for (std::size_t i = 0; i < length; ++i) {
          whole += static_cast<char>(1 + i);
          if (static_cast<int>(random() % 100) < percent) needed += whole.back();
        }
        ByteFake oracle([&](const auto& payloads) { return is_subsequence(needed, payloads[0]); });
        const Shrunk result = minimize_bytes(Payloads{whole}, oracle, {});
        EXPECT_EQ(result.payloads, Payloads{needed});
        questions += static_cast<double>(result.questions);
      }
      EXPECT_LE(questions / kRounds, 1.3 * static_cast<double>(length)) << percent << " %";
    }
  }
}

TEST(MinimizeBytes, ProvesItForNothingWhereEveryByteIsNeeded) {
  const std::string text = "proc f {} {upvar #0 y ::x}\n";
  ByteFake oracle([&](const auto& payloads) { return payloads[0] == text; });
  const Shrunk result = minimize_bytes(Payloads{text}, oracle, {});
  EXPECT_EQ(result.payloads, Payloads{text});
  EXPECT_TRUE(result.one_minimal);
}

TEST(MinimizeBytes, FindsAFewBytesInAMegabyteInAFewQuestions) {
  std::string whole(1'000'000, '.');
  for (const std::size_t at : {5U, 400'000U, 400'001U, 900'000U}) whole[at] = '!';
  ByteFake oracle([](const auto& payloads) {
    return std::count(payloads[0].begin(), payloads[0].end(), '!') >= 4;
  });
  const Shrunk result = minimize_bytes(Payloads{whole}, oracle, {});
  EXPECT_EQ(result.payloads, Payloads{"!!!!"});
  EXPECT_LE(result.questions, 110U);
}

TEST(MinimizeBytes, GivesSubsequencesThatCrashWhateverTheTruthIs) {
  std::mt19937 random(2);
  for (int round = 0; round < rounds_of(200); ++round) {
    const Payloads whole = {"abcabc", "aabb", "xyz"};
    const std::size_t salt = random();
    ByteFake oracle([&](const auto& payloads) {
      std::size_t mix = salt;
      for (const std::string& one : payloads) mix = mix * 31 + std::hash<std::string>()(one);
      return payloads == whole || mix / 7 % 3 == 0;
    });
    const Shrunk result = minimize_bytes(whole, oracle, {.certify_share = 1});
    ASSERT_EQ(result.payloads.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_TRUE(is_subsequence(result.payloads[i], whole[i]));
    }
    EXPECT_EQ(oracle.ask(result.candidate), Verdict::kReproduces);
    EXPECT_TRUE(result.one_minimal);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (std::size_t at = 0; at < result.payloads[i].size(); ++at) {
        Candidate smaller = result.candidate;
        smaller[i].bytes.erase(at, 1);
        EXPECT_NE(oracle.ask(smaller), Verdict::kReproduces);
      }
    }
  }
}

TEST(MinimizeBytes, AsksTheSameContentOnce) {
  ByteFake oracle([](const auto& payloads) { return payloads[0].size() >= 7; });
  const Shrunk result = minimize_bytes(Payloads{std::string(20, 'a')}, oracle, {});
  EXPECT_EQ(result.payloads, Payloads{std::string(7, 'a')});
  EXPECT_EQ(oracle.repeats, 0U);
  EXPECT_EQ(result.questions, oracle.asked.size());
}

TEST(MinimizeBytes, GivesTheBestSoFarAtAnyBudget) {
  const Payloads whole = {"one needed word among many others"};
  for (std::uint64_t budget = 0; budget < 60; ++budget) {
    ByteFake oracle([](const auto& payloads) { return contains(payloads[0], "word"); });
    const Shrunk result = minimize_bytes(whole, oracle, {.max_questions = budget});
    EXPECT_LE(result.questions, budget);
    EXPECT_TRUE(contains(result.payloads[0], "word"));
  }
}

TEST(MinimizeBytes, LeavesEmptyPayloadsAlone) {
  ByteFake oracle([](auto) { return true; });
  EXPECT_EQ(minimize_bytes(Payloads{"", ""}, oracle, {}).payloads, (Payloads{"", ""}));
  EXPECT_EQ(oracle.runs, 0U);
  EXPECT_TRUE(minimize_bytes(Payloads{}, oracle, {}).payloads.empty());
}

TEST(MinimizeBytes, GivesTheSameForAnyNumberOfWorkers) {
  const Payloads whole = {"ACL SETUSER psuser on nopass", "SUBSCRIBE foo:1"};
  const auto crashes = [](const Payloads& payloads) {
    return is_subsequence("SETUSER on", payloads[0]) && contains(payloads[1], "foo");
  };
  ByteFake one(crashes), three(crashes);
  EXPECT_EQ(minimize_bytes(whole, one, {}).payloads,
            minimize_bytes(whole, three, {.workers = 3}).payloads);
}

}  // namespace
}  // namespace crashreel
