// What does libFuzzer call these bytes? It names the files of a corpus by the SHA-1 of their
// content, and so do we. A name, not a safeguard: SHA-1 resists nobody who means harm.
#pragma once

#include <string>
#include <string_view>

namespace crashreel {

// 40 digits of lower-case hex.
std::string sha1_hex(std::string_view bytes);

}  // namespace crashreel
