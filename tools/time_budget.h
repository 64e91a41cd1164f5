// Until when may a verb go on?
//
// Until the time of --max-time is up, or somebody interrupts it (interrupt.h); then it ends in good
// order with what is known by then. One at a time.
#pragma once

#include <chrono>
#include <functional>

#include "tools/arguments.h"
#include "tools/interrupt.h"

namespace crashreel {

class TimeBudget {
 public:
  explicit TimeBudget(const Arguments& arguments);

  // True: end now. May outlive this.
  std::function<bool()> stop() const;
  // An orderly end after a signal still tells of the signal.
  static int status_of(int done);

 private:
  Interrupt interrupt_;
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace crashreel
