// What does the program take in beside its sessions?
//
// Random bytes and signals that it reads from descriptors, and, when asked, the clocks that it
// looks at. The hooks tell; what of it goes into the ring is decided here. Everything here leaves
// errno alone and may run in a signal handler.
//
//   CRASHREEL_CLOCK  "every": each look at a clock is recorded, too; redoing the times of delivery
//                    is enough for most replays
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ctime>

#include "capture/interpose/descriptors.h"
#include "capture/preload/hot_state.h"

namespace crashreel {

// Nothing is recorded before this.
void begin_hidden();

// What a descriptor of this path brings: random bytes, or nothing that is ours to watch.
DescriptorKind kind_of_device(const char* path);

// A call that makes random bytes made these.
void random_came(const void* bytes, std::size_t size);

// A read of a descriptor that is no session returned `got`.
void device_read(DescriptorKind kind, const void* bytes, ssize_t got);

// Is a signal with this number an input when the program handles it? Those that report a fault of
// the program itself are not, nor those that profilers and broken pipes raise by the thousand.
bool is_input_signal(int number);

bool records_signals();
// A signal reached the program: its handler is about to run, or it took it without one.
void signal_taken(int number);

inline bool records_clocks() {
  return is_on(g_hot.every_clock);
}
// Without a say on whether it is wanted: see records_clocks().
void clock_read(clockid_t clock, std::uint64_t nanoseconds);

}  // namespace crashreel
