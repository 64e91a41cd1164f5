// Which calls led to where a stopped task stands?
//
// Read from outside: registers, the task's memory, the text of its mappings. Hostile: the program
// may have any registers and any stack, and whatever it has is no more than a wrong or missing
// frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace crashreel {

struct StackRegisters {
  std::uint64_t pc = 0;
  std::uint64_t sp = 0;
  std::uint64_t fp = 0;    // rbp, x29
  std::uint64_t link = 0;  // x30; x86-64 has none
};

// Copies so many bytes from there; false: not all of it can be read.
using ReadMemory = std::function<bool(std::uint64_t from, void* to, std::size_t size)>;

// Program counters, innermost first, as ScriptCrash has them; how many.
std::uint32_t walk_stack(const StackRegisters& registers, const ReadMemory& read,
                         std::string_view maps, std::span<std::uint64_t> frames);

}  // namespace crashreel
