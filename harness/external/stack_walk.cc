#include "harness/external/stack_walk.h"

#include <charconv>
#include <vector>

namespace crashreel {
namespace {

// Frames of one thread do not lie further apart.
constexpr std::uint64_t kLargestFrame = 8 << 20;

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Of each line of /proc/PID/maps, "begin-end rwxp ...", whose code can run.
std::vector<Range> code_in(std::string_view maps) {
  std::vector<Range> code;
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(maps.size(), line.size() + 1));
    const char* const end = line.data() + line.size();
    Range range;
    const auto first = std::from_chars(line.data(), end, range.begin, 16);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') continue;
    const auto second = std::from_chars(first.ptr + 1, end, range.end, 16);
    if (second.ec != std::errc() || end - second.ptr < 5 || second.ptr[3] != 'x') continue;
    code.push_back(range);
  }
  return code;
}

class Walk {
 public:
  Walk(const ReadMemory& read, std::string_view maps) : read_(read), code_(code_in(maps)) {}

  bool is_code(std::uint64_t address) const {
    for (const Range& range : code_) {
      if (address >= range.begin && address < range.end) return true;
    }
    return false;
  }

  // The return address that a call has left; 0: there is none.
  std::uint64_t caller_at(std::uint64_t address) const {
    std::uint64_t caller = 0;
    return read_(address, &caller, sizeof caller) && is_code(caller - 1) ? caller : 0;
  }

  bool read(std::uint64_t from, std::uint64_t& to) const { return read_(from, &to, sizeof to); }

 private:
  const ReadMemory& read_;
  std::vector<Range> code_;
};

}  // namespace

std::uint32_t walk_stack(const StackRegisters& registers, const ReadMemory& read,
                         std::string_view maps, std::span<std::uint64_t> frames) {
  if (frames.empty()) return 0;
  const Walk walk(read, maps);
  std::uint32_t count = 0;
  frames[count++] = registers.pc;
  // Who jumped to where no code is has left where it came from.
  if (!walk.is_code(registers.pc) && count < frames.size()) {
    const std::uint64_t caller =
        registers.link != 0 ? registers.link : walk.caller_at(registers.sp);
    if (caller == 0) return count;
    frames[count++] = caller;
  }
  std::uint64_t lowest = registers.sp;
  std::uint64_t fp = registers.fp;
  while (count < frames.size() && fp >= lowest && fp - lowest < kLargestFrame && fp % 8 == 0) {
    const std::uint64_t caller = walk.caller_at(fp + 8);
    if (caller == 0) break;
    frames[count++] = caller;
    lowest = fp + 16;
    if (!walk.read(fp, fp)) break;
  }
  return count;
}

}  // namespace crashreel
