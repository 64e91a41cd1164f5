// Are there two inputs that can only go together?
//
// What opens something and what closes it, a lock and its release: none of them can go alone, so a
// result of which no single input can go may hold many such. No group helps to find them, as every
// other input is needed; each pair is a question. Those of one group (session), of which the second
// follows closely on the first, are the likely ones and come first; others as far as `most`
// questions reach.
#pragma once

#include "minimizer/rewrite.h"

namespace crashreel {

struct PairsResult {
  RewriteResult found;       // one_minimal: in inputs
  bool two_minimal = false;  // neither one input nor any two can go
};

// `whole` must be known to bring the crash. items[i] is what input i is. Whenever two have gone,
// single inputs are tried again.
PairsResult minimize_pairs(const Candidate& whole, std::span<const Item> items,
                           CandidateOracle& oracle, const RewriteOptions& options,
                           std::uint64_t most);

// Drops single inputs until none can go: the way back to the inputs after another pass.
RewriteResult minimize_singles(const Candidate& whole, CandidateOracle& oracle,
                               const RewriteOptions& options);

}  // namespace crashreel
