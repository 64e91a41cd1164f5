// What is the smallest number for which the crash still comes?
//
// For what has a size rather than places: a number in the text, a wait. Nothing first, as it mostly
// will do, then bisection: the result brought the crash, and the number before it did not. Where
// the crash comes from a certain size on, it is the smallest of all.
#pragma once

#include <cstdint>
#include <functional>

#include "minimizer/rewrite.h"

namespace crashreel {

struct Smallest {
  std::uint64_t number = 0;
  RewriteResult found;  // its candidate is that of the number
};

// `from` must be known to bring the crash. `with`: the candidate with a smaller number.
Smallest smallest_number(std::uint64_t from,
                         const std::function<Candidate(std::uint64_t number)>& with,
                         CandidateOracle& oracle, const RewriteOptions& options);

}  // namespace crashreel
