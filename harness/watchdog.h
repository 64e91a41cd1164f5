// Does an instance still make progress?
//
// The script advances, or the player keeps finding the program idle. Processor time without either
// is a busy loop; neither is a standstill. Time in which the process gets no processor does not
// count.
#pragma once

#include <chrono>
#include <cstdint>

#include "harness/instance.h"

namespace crashreel {

// How waiting for an instance came to an end.
enum class Wait {
  kEnded,
  kHung,
  kGivenUp,
  kBack,  // it has gone back to where it began, and lives (fork_server.h)
};

// How often the watchdog looks. It ends hangs; no try that goes well ever waits for it.
inline constexpr int kWatchMs = 250;

// When is it time for that, for who does not wait in between? Once, however late: an instance has
// not stood still for as long as nobody came to give it its next input.
class WatchTimes {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit WatchTimes(Time start) : last_(start) {}

  bool is_due(Time now) {
    if (now - last_ < std::chrono::milliseconds(kWatchMs)) return false;
    last_ = now;
    return true;
  }

 private:
  Time last_;
};

class Watchdog {
 public:
  explicit Watchdog(std::uint32_t hang_ms) : hang_ms_(hang_ms) {}

  // Called every kWatchMs, with a number that changes with every progress. True: it hangs.
  bool bites(const Instance& instance, std::uint64_t progress);

 private:
  std::uint32_t hang_ms_;
  std::uint64_t progress_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint32_t still_ms_ = 0;
};

}  // namespace crashreel
