// Which bytes must be what they are?
//
// After inputs and bytes that can go have gone: every byte is made as plain as the crash allows, of
// its own kind, so that what is left to look at is what matters. Digits become 0, letters a or A,
// everything else that is no line end becomes a space. Four steps, the first three with the engine
// of rewrite.h, a place being what is made plain at once:
//
//   - runs: a word or a number, everywhere where it stands (a key that is set and then read);
//   - alphabet: a byte, everywhere where it stands;
//   - bytes: each by itself;
//   - numbers: the smallest that still brings the crash, by bisection; it may have fewer digits.
//
// They are repeated until none of them changes anything.
#pragma once

#include "minimizer/rewrite.h"

namespace crashreel {

// What a byte is when it is plain.
char plain(char byte);

// `whole` must be known to bring the crash: it isn't asked itself. one_minimal: no single byte more
// can be made plain.
RewriteResult minimize_values(const Candidate& whole, CandidateOracle& oracle,
                              const RewriteOptions& options);

}  // namespace crashreel
