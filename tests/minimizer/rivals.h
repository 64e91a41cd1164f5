// What would the known tools ask on the same items?
//
// Their control flow, written anew from their sources: one question at a time, every answer cached,
// only choices counted that were not asked before. For comparison in tests and benchmarks; their
// counts are held against those of the tools themselves and of an independent simulator
// (rivals_test.cc, minimize_sim_bench.cc).
#pragma once

#include <cstdint>

#include "minimizer/oracle.h"

namespace crashreel::fakes {

struct RivalResult {
  Choice kept;
  std::uint64_t questions = 0;  // distinct
  std::uint64_t runs = 0;       // with votes
};

enum class PicireOrder {
  kDefault,      // subsets forward, then complements forward
  kRecommended,  // --subset-iterator=skip --complement-iterator=backward
};

// `votes`: a question is asked again while it passes, up to so many runs.
RivalResult picire(std::uint32_t items, Oracle& oracle, PicireOrder order, std::uint32_t votes = 1);

// Its first strategy: chunks halved down to one, offsets from the front.
RivalResult halfempty_bisect(std::uint32_t items, Oracle& oracle);

// Zeller's first algorithm of 1999, that of STS and DEMi: halves, and where both are needed each
// with the other in place.
RivalResult delta_debug_1999(std::uint32_t items, Oracle& oracle);

// A chance for each item of being needed; the group with the best expected gain goes first.
RivalResult probdd(std::uint32_t items, Oracle& oracle);

// syzkaller's search for the programs of a log: three parts, then halves level by level, the last
// of a needed chunk inferred.
RivalResult syzkaller_slice(std::uint32_t items, Oracle& oracle);

// Hypothesis' find_integer, how many can go at once, from the end backwards.
RivalResult find_integer_backward(std::uint32_t items, Oracle& oracle);

}  // namespace crashreel::fakes
