// How long will the rest of this stage take?
//
// Told by how long the newest questions took and how many more are expected, and not before a few
// were answered. Both change while a search goes on, so it is no promise; of the stages to come it
// says nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace crashreel {

class TimeLeft {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // At this moment so many questions of the stage have been asked, and so many are expected in all.
  // In seconds; none: nobody knows yet.
  std::optional<double> after(const std::string& stage, std::uint64_t asked, std::uint64_t expected,
                              Time now);

 private:
  std::string stage_;
  std::uint64_t asked_ = 0;
  std::uint64_t first_ = 0;  // had been asked when the stage was first told of
  Time last_{};
  double seconds_each_ = 0;
};

// "about 40 s left"; minutes and hours where they are more: never more digits than are known.
std::string text_of_time_left(double seconds);

}  // namespace crashreel
