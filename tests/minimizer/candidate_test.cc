#include "minimizer/candidate.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace crashreel {
namespace {

Part part(std::uint32_t input, std::string bytes, std::uint64_t wait_ns = 0) {
  return {.input = input, .bytes = std::move(bytes), .wait_ns = wait_ns};
}

// Each is less than all that follow it.
const std::array kRising = {
    Candidate{},
    Candidate{part(0, "")},
    Candidate{part(1, "")},
    Candidate{part(1, "", 5)},
    Candidate{part(0, " ")},
    Candidate{part(0, "0")},
    Candidate{part(0, "1")},
    Candidate{part(0, "a")},
    Candidate{part(0, "A")},
    Candidate{part(0, "!")},
    Candidate{part(0, "\xff")},
    Candidate{part(0, "00")},
    Candidate{part(0, ""), part(1, "x")},
    Candidate{part(0, "x"), part(1, "")},
    Candidate{
        part(0, "x"),
        part(2, ""),
    },
    Candidate{part(0, "x"), part(1, "", 9)},
    Candidate{part(0, "x", 9), part(1, "")},
    Candidate{part(0, "x", 1), part(1, "", 1)},
};

TEST(CandidateOrder, IsTotal) {
  for (std::size_t a = 0; a < kRising.size(); ++a) {
    for (std::size_t b = 0; b < kRising.size(); ++b) {
      EXPECT_EQ(compare(kRising[a], kRising[b]), a <=> b) << a << " and " << b;
    }
  }
}

TEST(CandidateOrder, TellsAllBytesApart) {
  std::set<int> ranks;
  for (int byte = 0; byte < 256; ++byte) ranks.insert(rank_of(static_cast<char>(byte)));
  EXPECT_EQ(ranks.size(), 256U);
}

TEST(CandidateKey, TellsWhatDiffersInAnything) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> keys;
  for (const Candidate& candidate : kRising) {
    const ContentKey key = content_key(candidate);
    keys.insert({key.low, key.high});
  }
  EXPECT_EQ(keys.size(), kRising.size());
}

}  // namespace
}  // namespace crashreel
