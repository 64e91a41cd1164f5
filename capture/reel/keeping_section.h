// What do the facts say of the places where a ring keeps inputs? Their bounds, and what these cost.
// A section of the facts (FORMAT.md, tag 4).
#pragma once

#include <string>

#include "capture/reel/facts_codec.h"
#include "capture/reel/wire.h"

namespace crashreel {

// Empty where the reel was not made of a ring.
std::string encode_keeping_section(const ReelFacts& facts);
void decode_keeping_section(WireReader& content, ReelFacts& facts);

}  // namespace crashreel
