#include "harness/watchdog.h"

namespace crashreel {
namespace {

// A program that would run but gets no processor is given so many times the time.
constexpr std::uint32_t kPatience = 30;

}  // namespace

bool Watchdog::bites(const Instance& instance, std::uint64_t progress) {
  const std::uint64_t ticks = instance.processor_ticks();
  if (progress != progress_) {
    progress_ = progress;
    ticks_ = ticks;
    still_ms_ = 0;
    return false;
  }
  still_ms_ += kWatchMs;
  if (still_ms_ < hang_ms_) return false;
  if (!instance.wants_processor()) return true;
  // So much time of the machine's may have gone to others: a busy program must have had its share.
  const std::uint64_t used_ms = (ticks - ticks_) * 10;
  return used_ms >= hang_ms_ / 2 || still_ms_ >= kPatience * hang_ms_;
}

}  // namespace crashreel
