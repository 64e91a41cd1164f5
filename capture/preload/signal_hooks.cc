// The calls that install handlers for signals or wait for signals without one.
//
// For a signal that is an input the kernel is given a trampoline in place of the program's handler:
// it records the signal and goes on to the handler with all that the kernel passed. Flags, masks
// and stacks stay as the program asked for, so what they promise is kept by the kernel; and a
// program that asks which handler there is gets its own. Everything else passes unchanged.
//
// Each signal has two trampolines. A new handler takes the one that is not installed, so that what
// arrives during the change finds old flags with the old handler or new flags with the new one.
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "capture/preload/bus_handler.h"
#include "capture/preload/hidden.h"
#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"
#include "capture/runtime/fatal_signals.h"

// sigset() is deprecated, and still called by what was written long ago.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

extern "C" {
sighandler_t bsd_signal(int number, sighandler_t handler) noexcept;
sighandler_t __sysv_signal(int number, sighandler_t handler) noexcept;
}

namespace crashreel {

void prepare_signal_hooks() {
  CRASHREEL_REAL(sigaction);
  CRASHREEL_REAL(signal);
  CRASHREEL_REAL(bsd_signal);
  CRASHREEL_REAL(ssignal);
  CRASHREEL_REAL(sysv_signal);
  CRASHREEL_REAL(__sysv_signal);
  CRASHREEL_REAL(sigset);
  CRASHREEL_REAL(sigwait);
  CRASHREEL_REAL(sigwaitinfo);
  CRASHREEL_REAL(sigtimedwait);
  CRASHREEL_REAL(signalfd);
}

namespace {

// Handlers with and without SA_SIGINFO: each takes of the three what it declares.
using Handler = void (*)(int, siginfo_t*, void*);

Handler handlers[2][NSIG];

// The last act is a call with our own arguments, for which the compiler leaves no frame behind: the
// program's stack looks as it would without us.
template <int kPlace>
void trampoline(int number, siginfo_t* info, void* context) {
  signal_taken(number);
  __atomic_load_n(&handlers[kPlace][number], __ATOMIC_RELAXED)(number, info, context);
}

constexpr Handler kTrampolines[2] = {&trampoline<0>, &trampoline<1>};

// -1: none of ours.
int place_of(Handler installed) {
  if (installed == kTrampolines[0]) return 0;
  return installed == kTrampolines[1] ? 1 : -1;
}

// What the kernel is to call when the program asks for `wanted`.
Handler to_install(int number, Handler wanted) {
  // SIG_DFL, SIG_IGN, SIG_HOLD and SIG_ERR are no functions.
  const auto value = reinterpret_cast<std::intptr_t>(wanted);
  if (value >= -1 && value <= 2) return wanted;
  if (!records_signals() || !is_input_signal(number)) return wanted;
  struct sigaction now;
  if (CRASHREEL_REAL(sigaction)(number, nullptr, &now) != 0) return wanted;
  const int place = place_of(now.sa_sigaction) == 0 ? 1 : 0;
  __atomic_store_n(&handlers[place][number], wanted, __ATOMIC_RELAXED);
  return kTrampolines[place];
}

// What the program is to see where the kernel says `installed`.
Handler to_show(int number, Handler installed) {
  const int place = place_of(installed);
  return place < 0 ? installed : __atomic_load_n(&handlers[place][number], __ATOMIC_RELAXED);
}

Handler as_handler(sighandler_t handler) {
  return __builtin_bit_cast(Handler, handler);
}

constexpr int kSystemV = static_cast<int>(SA_RESETHAND) | SA_NODEFER;

// A fatal signal whose first chance is ours: the program's wish is kept and shown to it.
sighandler_t install_fatal(int number, sighandler_t handler, int flags) {
  struct sigaction wanted = {};
  wanted.sa_handler = handler;
  wanted.sa_flags = flags;
  struct sigaction before = {};
  return ring::change_fatal_action(number, &wanted, &before) == 0 ? before.sa_handler : SIG_ERR;
}

// `flags`: what the real function asks of the kernel.
template <typename Real>
sighandler_t install(Real real, int number, sighandler_t wanted, int flags) {
  if (ring::is_watched(number) && wanted != SIG_HOLD) return install_fatal(number, wanted, flags);
  const int kept_errno = errno;
  const Handler ours = to_install(number, as_handler(wanted));
  errno = kept_errno;
  const sighandler_t before = real(number, __builtin_bit_cast(sighandler_t, ours));
  return __builtin_bit_cast(sighandler_t, to_show(number, as_handler(before)));
}

int noted_signal(int number) {
  if (number > 0) signal_taken(number);
  return number;
}

}  // namespace
}  // namespace crashreel

CRASHREEL_HOOK int sigaction(int number, const struct sigaction* wanted,
                             struct sigaction* before) noexcept {
  if (crashreel::is_guarded(number)) return crashreel::guarded_sigaction(wanted, before);
  if (crashreel::ring::is_watched(number)) {
    return crashreel::ring::change_fatal_action(number, wanted, before);
  }
  struct sigaction ours;
  if (wanted != nullptr) {
    const int kept_errno = errno;
    ours = *wanted;
    ours.sa_sigaction = crashreel::to_install(number, wanted->sa_sigaction);
    errno = kept_errno;
  }
  const int result = CRASHREEL_REAL(sigaction)(number, wanted == nullptr ? nullptr : &ours, before);
  if (result == 0 && before != nullptr) {
    before->sa_sigaction = crashreel::to_show(number, before->sa_sigaction);
  }
  return result;
}

CRASHREEL_HOOK sighandler_t signal(int number, sighandler_t handler) noexcept {
  if (crashreel::is_guarded(number)) return crashreel::guarded_signal(handler);
  return crashreel::install(CRASHREEL_REAL(signal), number, handler, SA_RESTART);
}

CRASHREEL_HOOK sighandler_t bsd_signal(int number, sighandler_t handler) noexcept {
  if (crashreel::is_guarded(number)) return crashreel::guarded_signal(handler);
  return crashreel::install(CRASHREEL_REAL(bsd_signal), number, handler, SA_RESTART);
}

CRASHREEL_HOOK sighandler_t ssignal(int number, sighandler_t handler) noexcept {
  if (crashreel::is_guarded(number)) return crashreel::guarded_signal(handler);
  return crashreel::install(CRASHREEL_REAL(ssignal), number, handler, SA_RESTART);
}

CRASHREEL_HOOK sighandler_t sysv_signal(int number, sighandler_t handler) noexcept {
  return crashreel::install(CRASHREEL_REAL(sysv_signal), number, handler, crashreel::kSystemV);
}

CRASHREEL_HOOK sighandler_t __sysv_signal(int number, sighandler_t handler) noexcept {
  return crashreel::install(CRASHREEL_REAL(__sysv_signal), number, handler, crashreel::kSystemV);
}

CRASHREEL_HOOK sighandler_t sigset(int number, sighandler_t handler) noexcept {
  return crashreel::install(CRASHREEL_REAL(sigset), number, handler, 0);
}

CRASHREEL_HOOK int sigwait(const sigset_t* set, int* number) {
  const int result = CRASHREEL_REAL(sigwait)(set, number);
  if (result == 0) crashreel::noted_signal(*number);
  return result;
}

CRASHREEL_HOOK int sigwaitinfo(const sigset_t* set, siginfo_t* info) {
  return crashreel::noted_signal(CRASHREEL_REAL(sigwaitinfo)(set, info));
}

CRASHREEL_HOOK int sigtimedwait(const sigset_t* set, siginfo_t* info, const timespec* timeout) {
  return crashreel::noted_signal(CRASHREEL_REAL(sigtimedwait)(set, info, timeout));
}

CRASHREEL_HOOK int signalfd(int fd, const sigset_t* mask, int flags) noexcept {
  const int made = CRASHREEL_REAL(signalfd)(fd, mask, flags);
  if (made >= 0) crashreel::device_opened(made, crashreel::DescriptorKind::kSignals);
  return made;
}
