#include "capture/reel/ring_time.h"

#include <algorithm>

namespace crashreel {
namespace {

using ring::ClockPair;

// Further than any program runs, and exact in a double.
constexpr double kMostNanoseconds = 9007199254740992.0;

double slope(const ClockPair& from, const ClockPair& to) {
  return static_cast<double>(to.monotonic_ns - from.monotonic_ns) /
         static_cast<double>(to.stamp - from.stamp);
}

std::uint64_t after(const ClockPair& knot, std::uint64_t stamp, double ns_per_stamp) {
  const double passed = static_cast<double>(stamp - knot.stamp) * ns_per_stamp;
  return knot.monotonic_ns + static_cast<std::uint64_t>(std::min(passed, kMostNanoseconds));
}

}  // namespace

RingTime::RingTime(const ring::Superblock& super, std::vector<ClockPair> pairs)
    : stamps_are_ns_(super.clock == ring::Clock::kMonotonic), ns_per_stamp_(1) {
  pairs.push_back(super.ready);
  std::ranges::sort(pairs, {}, &ClockPair::stamp);
  knots_.push_back(super.start);
  for (const ClockPair& pair : pairs) {
    if (pair.stamp > knots_.back().stamp && pair.monotonic_ns > knots_.back().monotonic_ns) {
      knots_.push_back(pair);
    }
  }
  if (knots_.size() > 1) ns_per_stamp_ = slope(knots_.front(), knots_.back());
}

std::uint64_t RingTime::since_start_ns(std::uint64_t stamp) const {
  const ClockPair& start = knots_.front();
  if (stamp <= start.stamp) return 0;
  if (stamps_are_ns_) return stamp - start.stamp;
  const auto next = std::ranges::upper_bound(knots_, stamp, {}, &ClockPair::stamp);
  const ClockPair& before = *(next - 1);
  if (next == knots_.end()) return after(before, stamp, ns_per_stamp_) - start.monotonic_ns;
  const std::uint64_t time = after(before, stamp, slope(before, *next));
  return std::min(time, next->monotonic_ns) - start.monotonic_ns;
}

}  // namespace crashreel
