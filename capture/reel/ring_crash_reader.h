// What did the program itself leave in its ring when it died?
//
// Numbers and bytes as they were found: addresses, lines of its memory map, an overflowed stack, a
// sanitizer's text. What the addresses mean is harness/signature.h's affair. The bytes may be
// hostile: sizes are bounded, contents are not believed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "capture/reel/ring_image.h"

namespace crashreel {

struct RingCrash {
  bool taken = false;     // a fatal signal was seen; all but the report is of it
  bool survived = false;  // and the program's own handler went on with the program
  std::int32_t signal = 0;
  std::int32_t code = 0;
  std::uint64_t address = 0;
  std::uint64_t stack_pointer = 0;
  std::vector<std::uint64_t> frames;  // program counters, innermost first
  std::string maps;
  std::string stack;   // from the stack pointer upwards; only where it overflowed
  std::string report;  // of a sanitizer
};

// Nothing where the ring has no such region, or nothing is in it.
std::optional<RingCrash> read_ring_crash(const RingImage& image);
std::optional<RingCrash> read_ring_crash(const std::string& path);

// Is it how the program ended, as far as others know?
bool is_end(const RingCrash& crash, const CrashFacts& end);

// Only the kernel's own words about a fault come with an address.
bool has_address(const RingCrash& crash);

// Adds to the end what the program itself knew: a sanitizer's report, code and address of the
// signal that ended it, and that one itself where nobody saw the end.
void add_crash(const RingCrash& crash, CrashFacts& end);

}  // namespace crashreel
