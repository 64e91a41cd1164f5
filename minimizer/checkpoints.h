// Which prefixes are worth holding?
//
// A scan from the end asks for ever shorter fronts of the same units, and many times for almost the
// same one. An oracle that can hold a few prefixes resumes at the longest that fits; here is
// decided which ones, so that little is replayed in all. Knows numbers of units alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace crashreel {

class CheckpointPlan {
 public:
  explicit CheckpointPlan(std::uint32_t slots) : slots_(slots) {}

  // The next question replays the first `front` units of `end` undecided ones; what is needed lies
  // about `gap` units apart. The lengths to hold while it does, rising.
  std::span<const std::uint32_t> before(std::uint32_t front, std::uint32_t end, double gap);
  // The units are others now: nothing that is held fits.
  void forget() { held_.clear(); }

 private:
  std::size_t least_useful(std::uint32_t end, double gap) const;

  std::uint32_t slots_;
  std::vector<std::uint32_t> held_;
};

// What a search over so many units has held while the whole is asked for, rising.
std::vector<std::uint32_t> opening_prefixes(std::uint32_t units, std::uint32_t slots);

}  // namespace crashreel
