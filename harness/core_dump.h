// What does a core dump tell of how its program died?
//
// The kernel's way of a crash, or a debugger's: an ELF file with the registers of each thread, of
// the one that died first, the signal, the mappings and the memory. It becomes what a recorder's
// handler would have left in the ring, with the frames found by the unwind tables of the files that
// were mapped, which must be there. Of this machine's kind of processor alone. The file may be
// hostile.
#pragma once

#include <cstdint>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/ring_crash_reader.h"

namespace crashreel {

struct CoreDump {
  std::uint32_t pid = 0;  // as the program itself knew it
  RingCrash crash;
};

// More segments than any program has mappings, and notes of more threads than any has: a file that
// claims them is hostile.
inline constexpr std::uint64_t kMaxCoreSegments = 1 << 18;
inline constexpr std::uint64_t kMaxCoreNotes = 64 << 20;  // bytes

// Trouble::kDamaged for what is no core dump, or one without threads.
Result<CoreDump> read_core_dump(const std::string& path);

}  // namespace crashreel
