// The calls in which a program waits for a signal: they wait like those for descriptors, so that a
// thread that does nothing else does not keep the program from being idle.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/descriptors.h"
#include "harness/player/idle.h"

using namespace crashreel::player;

namespace {

// Until a handler has run.
int wait_for_handler() {
  const auto nothing = [](void*) { return 0; };
  wait_for_descriptors(nullptr, 0, kForever, nothing, nullptr);
  errno = EINTR;
  return -1;
}

struct TakeSignal {
  const sigset_t* set;
  siginfo_t* info;
  int signal = -1;

  static int look(void* raw) {
    auto* own = static_cast<TakeSignal*>(raw);
    const timespec at_once = {};
    own->signal = CRASHREEL_REAL(sigtimedwait)(own->set, own->info, &at_once);
    return own->signal < 0 && errno == EAGAIN ? 0 : 1;
  }
};

// As sigtimedwait(2). The descriptor serves to see from other threads that a signal has come.
int take_signal(const sigset_t* set, siginfo_t* info, std::uint64_t deadline) {
  const int fd = move_out_of_sight(::signalfd(-1, set, SFD_CLOEXEC));
  pollfd descriptor = {fd, POLLIN, 0};
  TakeSignal take = {set, info};
  const Woken woken = wait_for_descriptors(&descriptor, 1, deadline, take.look, &take);
  close_own(fd);
  if (woken == Woken::kReady) return take.signal;
  errno = woken == Woken::kTimedOut ? EAGAIN : EINTR;
  return -1;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int pause() {
  if (!scheduling()) return CRASHREEL_REAL(pause)();
  return wait_for_handler();
}

CRASHREEL_HOOK int sigsuspend(const sigset_t* mask) {
  if (!scheduling()) return CRASHREEL_REAL(sigsuspend)(mask);
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, mask, &before);
  const int result = wait_for_handler();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = EINTR;
  return result;
}

CRASHREEL_HOOK int sigtimedwait(const sigset_t* __restrict set, siginfo_t* __restrict info,
                                const timespec* __restrict timeout) {
  if (!scheduling()) return CRASHREEL_REAL(sigtimedwait)(set, info, timeout);
  return take_signal(set, info, timeout == nullptr ? kForever : deadline_in(to_ns(*timeout)));
}

CRASHREEL_HOOK int sigwaitinfo(const sigset_t* __restrict set, siginfo_t* __restrict info) {
  if (!scheduling()) return CRASHREEL_REAL(sigwaitinfo)(set, info);
  return take_signal(set, info, kForever);
}

CRASHREEL_HOOK int sigwait(const sigset_t* __restrict set, int* __restrict signal) {
  if (!scheduling()) return CRASHREEL_REAL(sigwait)(set, signal);
  int taken = -1;
  do {
    taken = take_signal(set, nullptr, kForever);
  } while (taken < 0 && errno == EINTR);
  if (taken < 0) return errno;
  *signal = taken;
  return 0;
}

}  // extern "C"
