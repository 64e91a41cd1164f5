// What the two halves of the probe (overhead_probe.cc) tell the benchmark, in a file that the
// server maps: CRASHREEL_PROBE names it.
#pragma once

#include <cstdint>

#include "capture/runtime/ring_clock.h"

namespace crashreel::bench {

// What a call is for.
enum ProbedKind { kReceiving, kSending, kClocks, kProbedKinds };

struct ProbeSums {
  std::uint64_t cycles[kProbedKinds] = {};  // of the CPU's counter, without those of the real calls
  std::uint64_t calls[kProbedKinds] = {};
};

inline std::uint64_t cycles_now() {
  return ring::read_cycles();
}

}  // namespace crashreel::bench
