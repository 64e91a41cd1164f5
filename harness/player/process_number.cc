#include "harness/player/process_number.h"

#include <sys/syscall.h>

#include "harness/player/kernel_call.h"

namespace crashreel::player {
namespace {

// Of the copy that this is, or that one of this process's parents was; 0: there is none.
pid_t real = 0;
pid_t shown_instead = 0;

}  // namespace

void take_number_of(pid_t original) {
  shown_instead = number_shown(original);
  real = real_process();
}

pid_t real_process() {
  return static_cast<pid_t>(own_syscall(SYS_getpid));
}

pid_t number_shown(pid_t number) {
  return number == real && real != 0 ? shown_instead : number;
}

pid_t number_meant(pid_t number) {
  if (real == 0) return number;
  if (number == -shown_instead) return -real;
  return number == shown_instead ? real : number;
}

}  // namespace crashreel::player
