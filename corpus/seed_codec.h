// How does a reel become a libFuzzer input, and any libFuzzer input a reel? (SEED.md)
//
// Both ways are total: there are no wrong bytes and no reel that can't be encoded. What a seed does
// not keep (program, files, loss, crash) is the store's business.
#pragma once

#include <string>
#include <string_view>

#include "capture/reel/reel.h"

namespace crashreel {

std::string encode_seed(const Reel& reel);

// decode_seed(encode_seed(r)) == canonical(r), and for any bytes b the reel decode_seed(b) is
// canonical.
Reel decode_seed(std::string_view bytes);

// What a seed keeps of a reel: kinds, data, sessions renumbered in order of first appearance, time
// gaps; seqs from 0.
Reel canonical(const Reel& reel);

}  // namespace crashreel
