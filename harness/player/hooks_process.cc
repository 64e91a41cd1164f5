// The calls by which a program makes processes and waits for their end. Who waits for an attendant
// (attendants.h) waits in the scheduler, so that the attendant is given what it needs to come to
// its end.

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/bypass.h"
#include "harness/player/clock.h"
#include "harness/player/fork_point.h"
#include "harness/player/handover.h"
#include "harness/player/idle.h"

using namespace crashreel::player;

namespace {

struct Collect {
  pid_t pid;
  int* status;
  int options;
  rusage* usage;
  pid_t result = 0;

  static int look(void* raw) {
    auto* own = static_cast<Collect*>(raw);
    own->result = CRASHREEL_REAL(wait4)(own->pid, own->status, own->options | WNOHANG, own->usage);
    return own->result;
  }
};

pid_t collect(pid_t pid, int* status, int options, rusage* usage) {
  const bool waits = scheduling() && (options & WNOHANG) == 0 && has_attendants() &&
                     (pid <= 0 || is_attendant(pid));
  if (!waits) return CRASHREEL_REAL(wait4)(pid, status, options, usage);
  Collect attempt = {pid, status, options, usage};
  for (;;) {
    pollfd descriptor = {attendants_fd(), POLLIN, 0};
    const Woken woken = wait_for_descriptors(&descriptor, 1, kForever, Collect::look, &attempt);
    if (woken == Woken::kReady) return attempt.result;
    if (woken == Woken::kResumable) continue;
    errno = EINTR;
    return -1;
  }
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK pid_t fork() noexcept {
  if (scheduling()) reach_fork_point();
  leave_all_to_kernel();
  before_fork();
  const pid_t pid = CRASHREEL_REAL(fork)();
  after_fork(pid);
  return pid;
}

// A child that shares our memory would share the tables of descriptors and threads as well.
CRASHREEL_HOOK pid_t vfork() noexcept {
  return ::fork();
}

CRASHREEL_HOOK pid_t wait(int* status) {
  return collect(-1, status, 0, nullptr);
}

CRASHREEL_HOOK pid_t waitpid(pid_t pid, int* status, int options) {
  return collect(pid, status, options, nullptr);
}

CRASHREEL_HOOK pid_t wait3(int* status, int options, rusage* usage) noexcept {
  return collect(-1, status, options, usage);
}

CRASHREEL_HOOK pid_t wait4(pid_t pid, int* status, int options, rusage* usage) noexcept {
  return collect(pid, status, options, usage);
}

}  // extern "C"
