// How long must the program wait between its inputs?
//
// The distances in time that the crash does not need become zero, all that can at once, with the
// engine of rewrite.h; each of the others becomes the shortest that still brings the crash, in
// whole units (smallest.h): that a wait of 1,003 ms could be one of 1,002.7 is of no use to
// anybody.
#pragma once

#include "minimizer/rewrite.h"

namespace crashreel {

inline constexpr std::uint64_t kWaitUnitNs = 1'000'000;

// `whole` must be known to bring the crash. one_minimal: no single wait more can be left out, nor
// be a unit shorter.
RewriteResult minimize_waits(const Candidate& whole, CandidateOracle& oracle,
                             const RewriteOptions& options, std::uint64_t unit_ns = kWaitUnitNs);

}  // namespace crashreel
