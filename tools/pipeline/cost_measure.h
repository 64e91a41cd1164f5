// What does a start cost, and what each step after it?
//
// By the shortest and the longest of the tries that were timed: what the longer one took more, its
// further steps took. As long as the two are of much the same length nobody knows, and all is taken
// to be the start's.
#pragma once

#include <algorithm>
#include <cstdint>

namespace crashreel {

class CostMeasure {
 public:
  void saw(std::uint32_t steps, double seconds) {
    if (!known_ || steps < shortest_.steps) shortest_ = {steps, seconds};
    if (!known_ || steps > longest_.steps) longest_ = {steps, seconds};
    if (steps == shortest_.steps) shortest_.seconds = std::min(shortest_.seconds, seconds);
    if (steps == longest_.steps) longest_.seconds = std::min(longest_.seconds, seconds);
    known_ = true;
  }

  bool known() const { return known_; }
  double start_seconds() const {
    return std::max(0.0, shortest_.seconds - step_seconds() * shortest_.steps);
  }
  double step_seconds() const {
    if (longest_.steps < kMuchLonger * shortest_.steps + kMoreSteps) return 0;
    const double more = longest_.seconds - shortest_.seconds;
    return std::max(0.0, more / (longest_.steps - shortest_.steps));
  }

 private:
  static constexpr std::uint32_t kMuchLonger = 2;
  static constexpr std::uint32_t kMoreSteps = 100;  // fewer drown in the noise of a start

  struct Timed {
    std::uint32_t steps = 0;
    double seconds = 0;
  };
  Timed shortest_;
  Timed longest_;
  bool known_ = false;
};

}  // namespace crashreel
