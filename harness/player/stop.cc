#include "harness/player/stop.h"

#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"

// Not to be folded, inlined or moved: a debugger looks for it by its name.
extern "C" __attribute__((visibility("default"), noinline, used)) void crashreel_before_input(
    std::uint32_t step) {
  __asm__ volatile("" : : "r"(step) : "memory");
}

namespace crashreel::player {

void allow_debugger(const ScriptHeader& script) {
  if (script.stop.held.load() != 0) ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

void stop_before(ScriptHeader& script, std::uint32_t step) {
  ScriptStop& stop = script.stop;
  if (step < stop.before.load(std::memory_order_relaxed)) return;
  stop.standing.store(1);
  while (stop.held.load() != 0) {
    own_syscall(SYS_futex, &stop.held, FUTEX_WAIT, 1, nullptr, nullptr, 0);
  }
  stop.standing.store(0);
  crashreel_before_input(step);
}

}  // namespace crashreel::player
