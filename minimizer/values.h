// Which bytes must be what they are?
//
// After inputs and bytes that can go have gone: every byte is made as plain as the crash allows, of
// its own kind, so that what is left to look at is what matters. Digits become 0, letters a or A,
// everything else that is no line end becomes a space. Lengths stay. The same engine: an item is a
// byte that is not plain, and leaving it out means making it plain.
#pragma once

#include <span>
#include <string>

#include "minimizer/bytes.h"

namespace crashreel {

// What a byte is when it is plain.
char plain(char byte);

// `payloads` must be known to bring the crash: they aren't asked themselves. one_minimal: no single
// byte more can be made plain. The limits of minimize_bytes hold.
ByteResult minimize_values(std::span<const std::string> payloads, ByteOracle& oracle,
                           const ByteOptions& options);

}  // namespace crashreel
