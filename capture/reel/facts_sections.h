// Which sections do the facts of a reel have?
//
// Each is one capability's own facts: a tag that is never given out twice, and a pair of functions.
// Readers that do not know a tag pass its section over, so a section is for what a replay can do
// without. A new one is a line in facts_sections.cc and a row in FORMAT.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/reel/facts_codec.h"
#include "capture/reel/wire.h"

namespace crashreel {

struct SectionCodec {
  std::uint64_t tag;
  std::string (*encode)(const ReelFacts& facts);          // empty: nothing to say, no section
  void (*decode)(WireReader& content, ReelFacts& facts);  // must take all; hostile bytes
};

std::span<const SectionCodec> section_codecs();

}  // namespace crashreel
