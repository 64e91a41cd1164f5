// Where in this process's ring is what a death leaves, and who fills it?
//
// The writer's side of ring_crash.h. Everything here may be called in a signal handler, but for
// what watches.
#pragma once

#include "capture/runtime/ring.h"
#include "capture/runtime/ring_crash.h"

namespace crashreel::ring {

// Null where the ring has none: neither frames nor a sanitizer's report were to be expected.
inline CrashHeader* crash_region() {
  if (g_ring.super == nullptr || g_ring.super->crash_bytes == 0) return nullptr;
  return reinterpret_cast<CrashHeader*>(g_ring.base + g_ring.super->crash_offset);
}

// The lines of /proc/self/maps that say what lies at the crash's frames, and all of code: a stack
// that overflowed is looked through for return addresses. How many bytes they are.
std::uint32_t take_maps(const CrashHeader& crash, char* to, std::uint32_t room);

// Is the program instrumented by a sanitizer that hands out the text of its reports?
// AddressSanitizer does.
bool has_sanitizer();
// From now on its report goes into the region, too; it is printed as always.
void watch_sanitizer();

}  // namespace crashreel::ring
