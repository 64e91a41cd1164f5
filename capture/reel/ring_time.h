// When was a stamp?
//
// Turns the stamps of one ring into nanoseconds since the program's start, by the pairs of stamp
// and monotonic time that lie in it. Pairs that contradict the others are left aside.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/runtime/ring_format.h"

namespace crashreel {

class RingTime {
 public:
  RingTime(const ring::Superblock& super, std::vector<ring::ClockPair> pairs);

  // Never falls while the stamp rises.
  std::uint64_t since_start_ns(std::uint64_t stamp) const;

 private:
  bool stamps_are_ns_;
  std::vector<ring::ClockPair> knots_;  // both halves strictly rising, at least one
  double ns_per_stamp_;                 // beyond the last knot
};

}  // namespace crashreel
