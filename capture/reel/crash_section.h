// What do the facts say of a crash beside its signature? Why the reel was made, what the kernel
// told the program, and a sanitizer's text. A section of the facts (FORMAT.md, tag 1).
#pragma once

#include <string>

#include "capture/reel/facts_codec.h"
#include "capture/reel/wire.h"

namespace crashreel {

// Empty where nothing is known.
std::string encode_crash_section(const ReelFacts& facts);
void decode_crash_section(WireReader& content, ReelFacts& facts);

}  // namespace crashreel
