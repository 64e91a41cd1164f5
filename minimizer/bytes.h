// Which bytes of the kept inputs does the crash need?
//
// A rewrite (rewrite.h) whose places are bytes. They are only ever deleted: each input of the
// result is a subsequence of the original. It knows no protocol, so a length field and what it
// counts can't shrink together.
#pragma once

#include "minimizer/rewrite.h"

namespace crashreel {

// Inputs beyond this many bytes in all, counted from the last, stay whole.
inline constexpr std::uint64_t kMaxShrunkBytes = 64ULL << 20;

// `whole` must be known to bring the crash: it isn't asked itself.
RewriteResult minimize_bytes(const Candidate& whole, CandidateOracle& oracle,
                             const RewriteOptions& options);

}  // namespace crashreel
