// Which calls led to where a stopped task stands?
//
// Read from outside: registers, the task's memory, the text of its mappings, and the unwind tables
// of the files that these name; where there are none, the chain of frame pointers. Hostile: the
// program may have any registers and any stack, and whatever it has is no more than a wrong or
// missing frame.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "harness/external/call_frames.h"

namespace crashreel {

// Program counters, innermost first, as ScriptCrash has them; how many.
std::uint32_t walk_stack(const FrameRegisters& registers, const ReadMemory& read,
                         std::string_view maps, std::span<std::uint64_t> frames);

}  // namespace crashreel
