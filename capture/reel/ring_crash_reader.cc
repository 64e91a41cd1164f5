#include "capture/reel/ring_crash_reader.h"

#include <signal.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "capture/runtime/ring_crash.h"

namespace crashreel {
namespace {

using ring::CrashHeader;

std::string part(std::string_view region, std::uint64_t offset, std::uint64_t room,
                 std::uint64_t size) {
  return std::string(region.substr(offset, std::min(room, size)));
}

}  // namespace

std::optional<RingCrash> read_ring_crash(const RingImage& image) {
  std::string scratch;
  const auto region = image.crash(scratch);
  if (!region) return std::nullopt;
  CrashHeader header;
  std::memcpy(&header, region->data(), sizeof header);
  const ring::CrashRooms rooms = ring::crash_rooms(region->size());
  RingCrash crash;
  crash.report = part(*region, rooms.report_offset, rooms.report_bytes, header.report_size);
  crash.survived = header.state == ring::kCrashSurvived;
  // What was only begun has a signal, at least, and whatever frames it came to.
  crash.taken = header.state != ring::kNoCrash && header.pid == image.super().pid &&
                header.signal > 0 && header.signal < NSIG;
  if (!crash.taken) return crash.report.empty() ? std::nullopt : std::optional(std::move(crash));
  crash.signal = header.signal;
  crash.code = header.code;
  crash.address = header.address;
  crash.stack_pointer = header.stack_pointer;
  crash.frames.assign(header.frames,
                      header.frames + std::min(header.frame_count, ring::kMaxCrashFrames));
  crash.stack = part(*region, rooms.stack_offset, rooms.stack_bytes, header.stack_size);
  crash.maps = part(*region, rooms.maps_offset, rooms.maps_bytes, header.maps_size);
  return crash;
}

std::optional<RingCrash> read_ring_crash(const std::string& path) {
  const auto image = RingImage::open(path);
  return image ? read_ring_crash(*image) : std::nullopt;
}

bool has_address(const RingCrash& crash) {
  const bool is_fault = crash.signal == SIGSEGV || crash.signal == SIGBUS ||
                        crash.signal == SIGILL || crash.signal == SIGFPE || crash.signal == SIGTRAP;
  return is_fault && crash.code > 0 && crash.code != SI_KERNEL;
}

bool is_end(const RingCrash& crash, const CrashFacts& end) {
  if (!crash.taken) return false;
  if (end.known && end.signal != 0) return end.signal == crash.signal;
  // A handler of the program's own may end it by a status, and nobody may have seen it end.
  return !crash.survived && (!end.known || end.exit_status != 0);
}

void add_crash(const RingCrash& crash, CrashFacts& end) {
  end.report = crash.report;
  if (!is_end(crash, end)) return;
  if (!end.known) end.signal = crash.signal;
  end.code = crash.code;
  if (has_address(crash)) end.address = crash.address;
}

}  // namespace crashreel
