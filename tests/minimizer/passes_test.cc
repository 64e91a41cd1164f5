// The whole way of a minimization, from all inputs to the reproducer.
#include "minimizer/passes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <random>

#include "minimizer/minimize.h"
#include "minimizer/pairs.h"
#include "tests/minimizer/candidates.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/sanitized.h"

namespace crashreel {
namespace {

using fakes::bytes_of;
using fakes::candidate_of;
using fakes::CandidateFake;
using fakes::Payloads;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool sends(const Candidate& candidate, const std::string& part) {
  return std::ranges::any_of(candidate, [&](const Part& one) { return contains(one.bytes, part); });
}

std::vector<Item> items_of(const Candidate& whole) {
  std::vector<Item> items(whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    items[i].bytes = static_cast<std::uint32_t>(whole[i].bytes.size());
  }
  return items;
}

// Inputs as an Oracle for minimize().
class InputsOf : public Oracle {
 public:
  InputsOf(const Candidate& whole, CandidateOracle& oracle) : whole_(whole), oracle_(oracle) {}
  Candidate with(std::span<const std::uint32_t> kept) const {
    Candidate candidate;
    for (const std::uint32_t input : kept) candidate.push_back(whole_[input]);
    return candidate;
  }
  Verdict ask(std::span<const std::uint32_t> kept) override { return oracle_.ask(with(kept)); }

 private:
  const Candidate& whole_;
  CandidateOracle& oracle_;
};

PassesResult reproducer_of(const Candidate& whole, CandidateOracle& oracle,
                           std::uint32_t workers = 1) {
  InputsOf inputs(whole, oracle);
  const std::vector<Item> items = items_of(whole);
  const MinimizeResult found = minimize(items, inputs, {.workers = workers});
  EXPECT_TRUE(found.one_minimal);
  PassesOptions options;
  options.each.workers = workers;
  return run_passes(inputs.with(found.kept), items, oracle, options);
}

// A file that is opened must be closed, or the program says so instead of crashing.
bool balanced(const Candidate& sent) {
  int open = 0;
  for (const Part& part : sent) {
    open += part.bytes == "open" ? 1 : part.bytes == "close" ? -1 : 0;
    if (open < 0) return false;
  }
  return open == 0;
}

TEST(MinimizePairs, DropsAnOpenTogetherWithItsClose) {
  CandidateFake oracle([](const Candidate& sent) { return balanced(sent) && sends(sent, "boom"); });
  const Candidate whole = candidate_of({"open", "x", "open", "close", "close", "boom"});
  const PassesResult result = reproducer_of(whole, oracle);
  EXPECT_EQ(bytes_of(result.candidate), Payloads{"boom"});
  EXPECT_TRUE(result.one_minimal);
  EXPECT_TRUE(result.two_minimal);
}

TEST(MinimizePairs, AsksForTheLikelyPairsFirst) {
  std::vector<Item> items(8);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].group = i < 4 ? 0 : 1;
  std::vector<Candidate> asked;
  CandidateFake oracle([&](const Candidate& sent) {
    asked.push_back(sent);
    return false;
  });
  const Candidate whole = candidate_of(Payloads(8, "x"));
  const PairsResult result = minimize_pairs(whole, items, oracle, {}, 6);
  EXPECT_FALSE(result.two_minimal);
  ASSERT_EQ(asked.size(), 6U);
  for (const Candidate& sent : asked) {  // neighbours of one group were left out
    Choice there;
    for (const Part& part : sent) there.push_back(part.input);
    Choice gone;
    for (std::uint32_t i = 0; i < 8; ++i) {
      if (!fakes::holds(there, i)) gone.push_back(i);
    }
    ASSERT_EQ(gone.size(), 2U);
    EXPECT_EQ(gone[1], gone[0] + 1);
    EXPECT_EQ(items[gone[0]].group, items[gone[1]].group);
  }
}

// Every set of ten inputs is tried: no two can go, whatever the truth is.
TEST(MinimizePairs, IsTwoMinimalWhateverTheTruthIs) {
  for (std::uint64_t seed = 0; seed < rounds_of(200U); ++seed) {
    fakes::Arbitrary truth(10, 0.05 + 0.4 * static_cast<double>(seed % 5) / 5, seed);
    const auto crashes = [&](const Candidate& sent) {
      Choice kept;
      for (const Part& part : sent) kept.push_back(part.input);
      return truth.ask(kept) == Verdict::kReproduces;
    };
    CandidateFake oracle(crashes);
    const PassesResult result = reproducer_of(candidate_of(Payloads(10, "")), oracle);
    ASSERT_TRUE(result.two_minimal);
    const Candidate& kept = result.candidate;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      for (std::size_t j = i; j < kept.size(); ++j) {
        Candidate smaller = kept;
        smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(j));
        if (i != j) smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(crashes(smaller));
      }
    }
  }
}

TEST(RunPasses, KeepsTheTimesOfWhatComesAfterADroppedInput) {
  Candidate whole = candidate_of({"open", "close", "boom"});
  for (Part& part : whole) part.wait_ns = 10;
  CandidateFake oracle([](const Candidate& sent) { return balanced(sent) && sends(sent, "boom"); });
  const PairsResult result = minimize_pairs(whole, items_of(whole), oracle, {}, 10);
  EXPECT_EQ(result.found.candidate, (Candidate{{.input = 2, .bytes = "boom", .wait_ns = 30}}));
}

// The second input is needed only as long as the first is not plain.
TEST(RunPasses, GoesBackToTheInputsWhenALaterPassMadeOneSuperfluous) {
  CandidateFake oracle([](const Candidate& sent) {
    if (!sends(sent, "boom")) return false;
    return !sends(sent, "lock") || sends(sent, "unlock");
  });
  const Candidate whole = candidate_of({"a lock here boom", "then unlock"});
  const PassesResult result = reproducer_of(whole, oracle);
  EXPECT_EQ(bytes_of(result.candidate), Payloads{"boom"});
  EXPECT_TRUE(result.one_minimal);
  EXPECT_TRUE(result.bytes_one_minimal);
}

TEST(RunPasses, ShrinksInputsBytesValuesAndWaits) {
  Candidate whole =
      candidate_of({"HELLO 3", "noise", "SET counter 9000", "more noise", "GET counter now"});
  for (Part& part : whole) part.wait_ns = 700'000'000;
  CandidateFake oracle([](const Candidate& sent) {
    const Part* set = nullptr;
    std::uint64_t time_ns = 0;
    for (const Part& part : sent) {
      time_ns += part.wait_ns;
      if (part.bytes.starts_with("SET ")) set = &part, time_ns = 0;
      if (part.bytes.starts_with("GET ") && set != nullptr && time_ns >= 1'000'000'000) {
        const std::string key = set->bytes.substr(4, set->bytes.find(' ', 4) - 4);
        const std::size_t value = set->bytes.rfind(' ') + 1;
        return !key.empty() && value > 5 && part.bytes.starts_with("GET " + key) &&
               std::strtoul(set->bytes.c_str() + value, nullptr, 10) > 255;
      }
    }
    return false;
  });
  whole[4].wait_ns = 1'200'000'000;
  const PassesResult result = reproducer_of(whole, oracle);
  EXPECT_EQ(bytes_of(result.candidate), (Payloads{"SET a 256", "GET a"}));
  EXPECT_EQ(result.candidate[1].wait_ns, 1'000'000'000U);
  EXPECT_TRUE(result.one_minimal);
  EXPECT_TRUE(result.two_minimal);
  EXPECT_TRUE(result.bytes_one_minimal);
}

// Any truth over inputs and texts, fixed by a seed.
CandidateFake any_truth(const Candidate& whole, std::size_t salt) {
  return CandidateFake([&whole, salt](const Candidate& sent) {
    const ContentKey key = content_key(sent);
    return sent == whole || (key.low ^ salt) % 5 == 0;
  });
}

TEST(RunPasses, EndsAtTheSameReproducerInTwoRuns) {
  for (std::size_t salt = 1; salt < 60; ++salt) {
    const Candidate whole = candidate_of({"Abc1", "zz", "x=9;", "k7 k7"});
    CandidateFake first = any_truth(whole, salt), second = any_truth(whole, salt);
    const PassesResult one = reproducer_of(whole, first);
    const PassesResult two = reproducer_of(whole, second);
    EXPECT_EQ(one.candidate, two.candidate);
    EXPECT_EQ(one.passes, two.passes);
    EXPECT_EQ(first.ask(one.candidate), Verdict::kReproduces);
    EXPECT_TRUE(one.one_minimal);
  }
}

TEST(RunPasses, AcceptsOnlyWhatLiesLowerInTheOrder) {
  for (std::size_t salt = 1; salt < 60; ++salt) {
    const Candidate whole = candidate_of({"Abc1", "zz", "x=9;", "k7 k7"});
    CandidateFake oracle = any_truth(whole, salt);
    PassesResult result = run_passes(whole, items_of(whole), oracle, {});
    EXPECT_TRUE(compare(result.candidate, whole) <= 0);
    for (const Candidate& crashed : oracle.crashed) {
      EXPECT_TRUE(compare(crashed, whole) <= 0);
    }
  }
}

// More does no harm: words that are needed somewhere, numbers and waits that must be large enough.
TEST(RunPasses, GivesTheSameForAnyNumberOfWorkersWhereMoreDoesNoHarm) {
  std::mt19937 random(7);
  for (int round = 0; round < rounds_of(20); ++round) {
    Candidate whole;
    std::vector<std::pair<std::size_t, std::string>> needed;
    for (std::uint32_t input = 0; input < 40; ++input) {
      std::string text;
      for (int i = 0; i < 12; ++i) text += static_cast<char>('a' + random() % 26);
      if (random() % 8 == 0) needed.emplace_back(input, text.substr(random() % 8, 3));
      whole.push_back({.input = input, .bytes = text, .wait_ns = random() % 50 * 1'000'000});
    }
    const std::uint64_t late_ns = 20'000'000;
    const auto crashes = [&](const Candidate& sent) {
      std::size_t found = 0;
      std::uint64_t time_ns = 0;
      for (const Part& part : sent) {
        time_ns += part.wait_ns;
        for (const auto& [input, word] : needed) {
          found += input == part.input && contains(part.bytes, word) ? 1 : 0;
        }
      }
      return found == needed.size() && time_ns >= late_ns;
    };
    CandidateFake one(crashes);
    if (!crashes(whole)) continue;
    const PassesResult alone = reproducer_of(whole, one);
    for (const std::uint32_t workers : {2U, 3U, 4U, 8U, 33U}) {
      CandidateFake many(crashes);
      EXPECT_EQ(reproducer_of(whole, many, workers).candidate, alone.candidate) << workers;
    }
  }
}

TEST(RunPasses, EndsWithWhatCrashesAtAnyBudget) {
  const Candidate whole = candidate_of({"open", "close", "a key=17 here", "boom"});
  const auto crashes = [](const Candidate& sent) {
    return balanced(sent) && sends(sent, "key=1") && sends(sent, "boom");
  };
  for (std::uint64_t budget = 0; budget < 80; ++budget) {
    CandidateFake oracle(crashes);
    PassesOptions options;
    options.each.max_questions = budget;
    const PassesResult result = run_passes(whole, items_of(whole), oracle, options);
    EXPECT_TRUE(crashes(result.candidate));
    EXPECT_LE(oracle.runs, budget);
  }
}

// A miss is as rare as one in a thousand; each pass collects its own votes.
TEST(RunPasses, FindsTheReproducerOfAFlakyCrashInNearlyAllRuns) {
  int exact = 0;
  constexpr int kRounds = 100;
  for (int round = 0; round < kRounds; ++round) {
    std::mt19937 random(static_cast<unsigned>(round));
    CandidateFake oracle([&](const Candidate& sent) {
      return balanced(sent) && sends(sent, "boom") && random() % 10 < 7;
    });
    PassesOptions options;
    options.each.search_votes = options.each.verify_votes = 6;
    const Candidate whole = candidate_of({"open", "close", "some boom!"});
    const PassesResult result = run_passes(whole, items_of(whole), oracle, options);
    exact += bytes_of(result.candidate) == Payloads{"boom"} ? 1 : 0;
  }
  EXPECT_GE(exact, 95);
}

}  // namespace
}  // namespace crashreel
