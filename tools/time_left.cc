#include "tools/time_left.h"

#include <algorithm>
#include <cmath>

namespace crashreel {
namespace {

constexpr std::uint64_t kAnswersToBelieve = 4;
// Of the newest answer; the questions become shorter as the search goes on, so old ones mislead.
constexpr double kNewestWeight = 0.2;

}  // namespace

std::optional<double> TimeLeft::after(const std::string& stage, std::uint64_t asked,
                                      std::uint64_t expected, Time now) {
  if (stage != stage_ || asked < asked_) {
    stage_ = stage;
    asked_ = first_ = asked;
    last_ = now;
    return std::nullopt;
  }
  if (asked > asked_) {
    const std::chrono::duration<double> passed = now - last_;
    const double each = passed.count() / static_cast<double>(asked - asked_);
    const bool first = asked_ == first_;
    seconds_each_ = first ? each : (1 - kNewestWeight) * seconds_each_ + kNewestWeight * each;
    asked_ = asked;
    last_ = now;
  }
  if (asked - first_ < kAnswersToBelieve || expected <= asked) return std::nullopt;
  return seconds_each_ * static_cast<double>(expected - asked);
}

std::string text_of_time_left(double seconds) {
  const auto whole = [](double value) {
    return std::to_string(static_cast<std::uint64_t>(std::ceil(value)));
  };
  if (seconds < 10) return "about " + whole(std::max(seconds, 1.0)) + " s left";
  if (seconds < 120) return "about " + whole(seconds / 10) + "0 s left";
  if (seconds < 7200) return "about " + whole(seconds / 60) + " min left";
  return "about " + whole(seconds / 3600) + " h left";
}

}  // namespace crashreel
