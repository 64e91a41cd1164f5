#include "minimizer/values.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "minimizer/numbers.h"
#include "tests/minimizer/candidates.h"

namespace crashreel {
namespace {

using fakes::bytes_of;
using fakes::candidate_of;
using fakes::CandidateFake;
using fakes::Payloads;
using fakes::texts;

TEST(MinimizeValues, LeavesOnlyTheBytesThatMatterAsTheyAre) {
  CandidateFake oracle(texts([](const Payloads& payloads) {
    return payloads[0].find("SET") == 0 && payloads[1].find("%n") != std::string::npos;
  }));
  const RewriteResult result =
      minimize_values(candidate_of({"SET Key-xy", "x=%n;\r\n"}), oracle, {});
  EXPECT_EQ(bytes_of(result.candidate), (Payloads{"SET Aaa aa", "a %n \r\n"}));
  EXPECT_TRUE(result.one_minimal);
}

TEST(MinimizeValues, AsksNothingWhereEverythingIsPlain) {
  CandidateFake oracle([](const Candidate&) {
    ADD_FAILURE() << "nothing was to be asked";
    return true;
  });
  const Payloads plain_ones = {"aA \n", ""};
  EXPECT_EQ(bytes_of(minimize_values(candidate_of(plain_ones), oracle, {}).candidate), plain_ones);
}

TEST(MinimizeValues, EndsWithWhatCrashesAtAnyBudget) {
  CandidateFake oracle(
      texts([](const Payloads& payloads) { return payloads[0].find("key") != std::string::npos; }));
  for (std::uint64_t budget = 0; budget < 30; ++budget) {
    const RewriteResult result =
        minimize_values(candidate_of({"some key=value"}), oracle, {.max_questions = budget});
    EXPECT_NE(result.candidate[0].bytes.find("key"), std::string::npos);
    EXPECT_EQ(result.candidate[0].bytes.size(), 14U);
  }
}

// "SET user7" then "GET user7": neither name can change alone.
TEST(MinimizeValues, RenamesAWordInAllPlacesAtOnce) {
  CandidateFake oracle(texts([](const Payloads& payloads) {
    return payloads[0].starts_with("SET ") && payloads[1].starts_with("GET ") &&
           payloads[0].substr(4) == payloads[1].substr(4) && payloads[0].size() > 4;
  }));
  const RewriteResult result = minimize_values(candidate_of({"SET user", "GET user"}), oracle, {});
  EXPECT_EQ(bytes_of(result.candidate), (Payloads{"SET aaaa", "GET aaaa"}));
  EXPECT_TRUE(result.one_minimal);
}

TEST(MinimizeValues, ChangesAByteInAllPlacesAtOnce) {
  CandidateFake oracle(texts([](const Payloads& payloads) {
    return payloads[0].size() == 5 && payloads[0].front() == payloads[0].back();
  }));
  EXPECT_EQ(bytes_of(minimize_values(candidate_of({"\"b,c\""}), oracle, {}).candidate),
            Payloads{" a a "});
}

TEST(MinimizeValues, FindsTheSmallestNumberThatStillCrashes) {
  CandidateFake oracle(texts([](const Payloads& payloads) {
    return payloads[0].starts_with("n=") &&
           std::strtoull(payloads[0].c_str() + 2, nullptr, 10) > 65'535;
  }));
  const RewriteResult result = minimize_numbers(candidate_of({"n=4294967295"}), oracle, {});
  EXPECT_EQ(bytes_of(result.candidate), Payloads{"n=65536"});
  EXPECT_LE(result.questions, 34U);
  EXPECT_EQ(bytes_of(minimize_values(candidate_of({"n=4294967295"}), oracle, {}).candidate),
            Payloads{"n=65536"});
}

TEST(MinimizeValues, LeavesANumberThatMustBeWhatItIs) {
  CandidateFake oracle(
      texts([](const Payloads& payloads) { return payloads[0] == "$007" && payloads[1] == "12"; }));
  EXPECT_EQ(bytes_of(minimize_values(candidate_of({"$007", "12"}), oracle, {}).candidate),
            (Payloads{"$007", "12"}));
}

TEST(MinimizeValues, EveryAcceptedStepLiesLowerInTheOrder) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    const std::size_t salt = random();
    const Payloads whole = {"Key77 = x9!", "x9 Key77"};
    CandidateFake oracle(texts([&](const Payloads& payloads) {
      std::size_t mix = salt;
      for (const std::string& one : payloads) mix = mix * 31 + std::hash<std::string>()(one);
      return payloads == whole || mix / 7 % 4 == 0;
    }));
    const Candidate start = candidate_of(whole);
    const RewriteResult result = minimize_values(start, oracle, {});
    EXPECT_TRUE(result.one_minimal);
    EXPECT_TRUE(compare(result.candidate, start) <= 0);
    EXPECT_EQ(oracle.ask(result.candidate), Verdict::kReproduces);
    for (std::size_t part = 0; part < whole.size(); ++part) {
      for (std::size_t at = 0; at < result.candidate[part].bytes.size(); ++at) {
        Candidate plainer = result.candidate;
        plainer[part].bytes[at] = plain(plainer[part].bytes[at]);
        if (plainer == result.candidate) continue;
        EXPECT_NE(oracle.ask(plainer), Verdict::kReproduces);
      }
    }
  }
}

}  // namespace
}  // namespace crashreel
