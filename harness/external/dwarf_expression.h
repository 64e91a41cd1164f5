// What does a DWARF expression say, as far as call frames have some?
//
// A stack machine without jumps. Hostile: whatever it is, it ends with its text.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/external/call_frames.h"

namespace crashreel {

// With `first` on the stack; false: it can't be computed.
bool evaluate(std::string_view expression, const FrameRegisters& registers, const ReadMemory& read,
              std::uint64_t first, std::uint64_t& result);

}  // namespace crashreel
