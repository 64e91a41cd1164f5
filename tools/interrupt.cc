#include "tools/interrupt.h"

#include <cstddef>

namespace crashreel {
namespace {

volatile sig_atomic_t asked_by = 0;  // a handler can reach nothing but a global

void ask(int signal) {
  asked_by = signal;
}

}  // namespace

// SA_RESETHAND: the second signal finds the default action. No SA_RESTART: a wait for a candidate
// ends at once, and goes on or not as its caller decides.
Interrupt::Interrupt() : before_() {
  asked_by = 0;
  struct sigaction action = {};
  action.sa_handler = ask;
  action.sa_flags = SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < 3; ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    // Who started us under nohup, or in the background of a script, wants it ignored.
    if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < 3; ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

int Interrupt::asked() {
  return asked_by;
}

}  // namespace crashreel
