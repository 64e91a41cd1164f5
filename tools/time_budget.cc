#include "tools/time_budget.h"

#include "tools/exit_status.h"

namespace crashreel {

TimeBudget::TimeBudget(const Arguments& arguments) {
  if (!arguments.has("max-time")) return;
  end_ = std::chrono::steady_clock::now() + std::chrono::seconds(arguments.count("max-time"));
}

std::function<bool()> TimeBudget::stop() const {
  return
      [end = end_] { return Interrupt::asked() != 0 || std::chrono::steady_clock::now() >= end; };
}

int TimeBudget::status_of(int done) {
  return Interrupt::asked() != 0 ? kExitSignalBase + Interrupt::asked() : done;
}

}  // namespace crashreel
