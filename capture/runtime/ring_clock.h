// What time is it, for a record?
//
// Reads the stamp and pairs stamps with monotonic time. Does not decide which clock a ring uses
// (ring_clock.cc) nor turn stamps into time (salvage).
#pragma once

#include <cstdint>
#include <ctime>

#include "capture/runtime/ring.h"

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

namespace crashreel::ring {

// Not serializing, on purpose: rdtscp costs 10 ns more, and the order of two reads in one thread is
// forced by claim_stamp().
inline std::uint64_t read_cycles() {
#if defined(__x86_64__) || defined(__i386__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t value;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
  return 0;
#endif
}

inline std::uint64_t read_clock(clockid_t clock) {
  timespec now{};
  g_ring.clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t read_stamp() {
  return g_ring.cycles ? read_cycles() : read_clock(CLOCK_MONOTONIC);
}

// The stamp of the slot's next record: strictly rising within the slot.
inline std::uint64_t claim_stamp(Slot& slot, std::uint64_t now) {
  return slot.last_stamp = now > slot.last_stamp ? now : slot.last_stamp + 1;
}
inline std::uint64_t claim_stamp(Slot& slot) {
  return claim_stamp(slot, read_stamp());
}

// A pair whose halves were read within 2 µs of each other, if three tries yield one: a thread that
// loses its CPU in between would bend the time of its neighbours.
inline ClockPair read_pair() {
  if (!g_ring.cycles) {
    const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
    return {now, now};
  }
  ClockPair best{};
  std::uint64_t narrowest = ~std::uint64_t{0};
  for (int i = 0; i < 3 && narrowest > 6000; ++i) {
    const std::uint64_t before = read_cycles();
    const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
    const std::uint64_t width = read_cycles() - before;
    if (width < narrowest) {
      narrowest = width;
      best = {before + width / 2, now};
    }
  }
  return best;
}

// A pair for a chunk whose first stamp is this. Under load chunks are taken every few microseconds;
// a pair from a moment ago serves them as well, and time between pairs is interpolated anyway.
inline ClockPair pair_for(Slot& slot, std::uint64_t stamp) {
  constexpr std::uint64_t kFresh = 1 << 20;  // cycles: a fraction of a millisecond
  if (!g_ring.cycles) return {stamp, stamp};
  if (stamp - slot.pair.stamp > kFresh) slot.pair = read_pair();
  return slot.pair;
}

}  // namespace crashreel::ring
