// How small can the numbers in the text be?
//
// Each decimal number of at most 18 digits, from the last one on, becomes the smallest that still
// brings the crash (smallest.h). Its digits may get fewer, never more; a number that says how long
// something is stays what it is, as the oracle will say no to others.
#pragma once

#include "minimizer/rewrite.h"

namespace crashreel {

// `whole` must be known to bring the crash. The result's one_minimal says nothing.
RewriteResult minimize_numbers(const Candidate& whole, CandidateOracle& oracle,
                               const RewriteOptions& options);

}  // namespace crashreel
