// The calls by which a program installs handlers, for the signals whose first chance is ours: its
// wish is kept and shown to it (fatal_signals.h). All other signals pass unchanged.
#include <signal.h>

#include "capture/preload/hooks.h"
#include "capture/runtime/fatal_signals.h"

// Deprecated, and still called by what was written long ago.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

extern "C" sighandler_t __sysv_signal(int number, sighandler_t handler) noexcept;

namespace crashreel {
namespace {

sighandler_t install_fatal(int number, sighandler_t handler, int flags) {
  struct sigaction wanted = {};
  wanted.sa_handler = handler;
  wanted.sa_flags = flags;
  struct sigaction before = {};
  return ring::change_fatal_action(number, &wanted, &before) == 0 ? before.sa_handler : SIG_ERR;
}

}  // namespace
}  // namespace crashreel

CRASHREEL_HOOK int sigaction(int number, const struct sigaction* wanted,
                             struct sigaction* before) noexcept {
  if (crashreel::ring::is_watched(number)) {
    return crashreel::ring::change_fatal_action(number, wanted, before);
  }
  return CRASHREEL_REAL(sigaction)(number, wanted, before);
}

CRASHREEL_HOOK sighandler_t signal(int number, sighandler_t handler) noexcept {
  if (crashreel::ring::is_watched(number)) {
    return crashreel::install_fatal(number, handler, SA_RESTART);
  }
  return CRASHREEL_REAL(signal)(number, handler);
}

CRASHREEL_HOOK sighandler_t __sysv_signal(int number, sighandler_t handler) noexcept {
  if (crashreel::ring::is_watched(number)) {
    return crashreel::install_fatal(number, handler, SA_RESETHAND | SA_NODEFER);
  }
  return CRASHREEL_REAL(__sysv_signal)(number, handler);
}
