// Which calls led to where a stopped task stands?
//
// Read from outside: registers, the task's memory, the text of its mappings, and the unwind tables
// of the files that these name; where there are none, the chain of frame pointers. Hostile: the
// program may have any registers and any stack, and whatever it has is no more than a wrong or
// missing frame.
#pragma once

#include <signal.h>
#include <sys/user.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "harness/external/call_frames.h"

namespace crashreel {

// As DWARF numbers them.
FrameRegisters frame_registers(const user_regs_struct& all);

// Where the readable part of a stack begins that is used up, as the signal says; 0: it is not.
std::uint64_t overflowed_from(const siginfo_t& info, std::uint64_t stack_pointer);

// Program counters, innermost first, as ScriptCrash has them; how many.
std::uint32_t walk_stack(const FrameRegisters& registers, const ReadMemory& read,
                         std::string_view maps, std::span<std::uint64_t> frames);

}  // namespace crashreel
