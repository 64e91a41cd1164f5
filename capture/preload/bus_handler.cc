#include "capture/preload/bus_handler.h"

#include <cstdint>

#include "capture/preload/hooks.h"
#include "capture/runtime/ring_guard.h"

namespace crashreel {
namespace {

using Handler = void (*)(int, siginfo_t*, void*);

// What the program asked for. Two, so that a fault during a change finds the old or the new whole.
struct sigaction asked[2];

template <int kPlace>
void in_front(int number, siginfo_t* info, void* context) {
  if (ring::survive_fault(*info)) return;
  const struct sigaction& wanted = asked[kPlace];
  if ((static_cast<unsigned>(wanted.sa_flags) & SA_RESETHAND) != 0) {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    CRASHREEL_REAL(sigaction)(SIGBUS, &standard, nullptr);
  }
  // A handler that asked for less takes less of what it is called with.
  wanted.sa_sigaction(number, info, context);
}

constexpr Handler kInFront[2] = {&in_front<0>, &in_front<1>};

// -1: none of ours.
int place_of(const struct sigaction& installed) {
  if (installed.sa_sigaction == kInFront[0]) return 0;
  return installed.sa_sigaction == kInFront[1] ? 1 : -1;
}

bool is_function(Handler handler) {
  // SIG_DFL, SIG_IGN, SIG_HOLD and SIG_ERR are none.
  const auto value = reinterpret_cast<std::intptr_t>(handler);
  return value < -1 || value > 2;
}

}  // namespace

bool is_guarded(int number) {
  return number == SIGBUS && ring::guard_is_installed();
}

int guarded_sigaction(const struct sigaction* wanted, struct sigaction* before) {
  struct sigaction now;
  if (CRASHREEL_REAL(sigaction)(SIGBUS, nullptr, &now) != 0) return -1;
  const int place = place_of(now);
  const struct sigaction shown = place >= 0 ? asked[place] : now;
  if (wanted != nullptr) {
    struct sigaction ours = *wanted;
    if (is_function(wanted->sa_sigaction)) {
      const int next = place == 0 ? 1 : 0;
      asked[next] = *wanted;
      ours.sa_sigaction = kInFront[next];
      // Once is once for the program's faults, not for ours.
      ours.sa_flags =
          static_cast<int>((static_cast<unsigned>(ours.sa_flags) & ~SA_RESETHAND) | SA_SIGINFO);
    }
    if (CRASHREEL_REAL(sigaction)(SIGBUS, &ours, nullptr) != 0) return -1;
  }
  if (before != nullptr) *before = shown;
  return 0;
}

sighandler_t guarded_signal(sighandler_t handler) {
  struct sigaction wanted = {}, before;
  wanted.sa_handler = handler;
  wanted.sa_flags = SA_RESTART;
  return guarded_sigaction(&wanted, &before) == 0 ? before.sa_handler : SIG_ERR;
}

}  // namespace crashreel
