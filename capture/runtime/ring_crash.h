// What does a program leave in its ring at the moment of its death?
//
// The region that RING.md calls "crash", as structs: written by the program's own handler for fatal
// signals and by a sanitizer's report, read by salvage, which checks each number first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace crashreel::ring {

inline constexpr std::uint64_t kMinCrashBytes = 16u << 10;
inline constexpr std::uint64_t kMaxCrashBytes = 640u << 10;
inline constexpr std::uint32_t kMaxCrashFrames = 128;
inline constexpr std::uint64_t kMaxReportBytes = 64u << 10;

enum CrashState : std::uint32_t {
  kNoCrash = 0,
  kCrashBeingWritten = 1,
  kCrashWritten = 2,
  kCrashSurvived = 3,  // the program's own handler went on with the program
};

struct CrashHeader {
  std::uint32_t state;  // CrashState
  std::int32_t signal;
  std::int32_t code;  // si_code
  std::uint32_t pid;
  std::uint32_t tid;
  std::uint32_t frame_count;
  std::uint64_t address;        // si_addr
  std::uint64_t stack_pointer;  // where the signal came
  std::uint32_t stack_size;     // bytes used of the rooms below
  std::uint32_t maps_size;
  std::uint32_t report_size;
  std::uint32_t reserved;
  std::uint64_t frames[kMaxCrashFrames];  // program counters, innermost first
  unsigned char zeros[968];
};

static_assert(sizeof(CrashHeader) == 2048 && offsetof(CrashHeader, frames) == 56);
static_assert(std::is_trivially_copyable_v<CrashHeader>);

// What follows the header: the report's text, the overflowed stack, lines of /proc/self/maps.
struct CrashRooms {
  std::uint64_t report_offset;  // from the region's start
  std::uint64_t report_bytes;
  std::uint64_t stack_offset;
  std::uint64_t stack_bytes;
  std::uint64_t maps_offset;
  std::uint64_t maps_bytes;
};

// `region_bytes` is at least kMinCrashBytes.
constexpr CrashRooms crash_rooms(std::uint64_t region_bytes) {
  const std::uint64_t rest = region_bytes - sizeof(CrashHeader);
  const std::uint64_t report =
      rest / 4 / 8 * 8 < kMaxReportBytes ? rest / 4 / 8 * 8 : kMaxReportBytes;
  const std::uint64_t stack = rest / 3 / 4096 * 4096;
  const std::uint64_t begin = sizeof(CrashHeader);
  return {begin, report, begin + report, stack, begin + report + stack, rest - report - stack};
}

}  // namespace crashreel::ring
