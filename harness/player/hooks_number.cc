// The calls by which a program asks for numbers of processes, and those by which it says which
// process it means (process_number.h). None is looked up: they are made by the system call, for
// some are called where the loader must not be, and a signal to a process of that number in error
// would end the fork server.

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/kernel_call.h"
#include "harness/player/process_number.h"

using namespace crashreel::player;

namespace {

pid_t shown(long number) {
  return number_shown(static_cast<pid_t>(number));
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK pid_t getpid() noexcept {
  return shown(own_syscall(SYS_getpid));
}

CRASHREEL_HOOK pid_t getppid() noexcept {
  return shown(own_syscall(SYS_getppid));
}

CRASHREEL_HOOK pid_t gettid() noexcept {
  return shown(own_syscall(SYS_gettid));
}

CRASHREEL_HOOK pid_t getpgid(pid_t process) noexcept {
  return shown(own_syscall(SYS_getpgid, number_meant(process)));
}

CRASHREEL_HOOK pid_t getpgrp() noexcept {
  return ::getpgid(0);
}

CRASHREEL_HOOK int setpgid(pid_t process, pid_t group) noexcept {
  return static_cast<int>(own_syscall(SYS_setpgid, number_meant(process), number_meant(group)));
}

CRASHREEL_HOOK pid_t getsid(pid_t process) noexcept {
  return shown(own_syscall(SYS_getsid, number_meant(process)));
}

CRASHREEL_HOOK pid_t setsid() noexcept {
  return shown(own_syscall(SYS_setsid));
}

CRASHREEL_HOOK int kill(pid_t process, int signal) noexcept {
  return static_cast<int>(own_syscall(SYS_kill, number_meant(process), signal));
}

CRASHREEL_HOOK int killpg(pid_t group, int signal) noexcept {
  if (group >= 0) return ::kill(-group, signal);
  errno = EINVAL;
  return -1;
}

CRASHREEL_HOOK int tgkill(pid_t process, pid_t thread, int signal) {
  return static_cast<int>(
      own_syscall(SYS_tgkill, number_meant(process), number_meant(thread), signal));
}

CRASHREEL_HOOK int sigqueue(pid_t process, int signal, const sigval value) noexcept {
  return CRASHREEL_REAL(sigqueue)(number_meant(process), signal, value);
}

CRASHREEL_HOOK int setpriority(__priority_which_t which, id_t who, int priority) noexcept {
  const auto process = static_cast<id_t>(number_meant(static_cast<pid_t>(who)));
  return CRASHREEL_REAL(setpriority)(which, which == PRIO_USER ? who : process, priority);
}

CRASHREEL_HOOK int getpriority(__priority_which_t which, id_t who) noexcept {
  const auto process = static_cast<id_t>(number_meant(static_cast<pid_t>(who)));
  return CRASHREEL_REAL(getpriority)(which, which == PRIO_USER ? who : process);
}

CRASHREEL_HOOK int prlimit64(pid_t process, __rlimit_resource limit, const rlimit64* given,
                             rlimit64* before) noexcept {
  return static_cast<int>(own_syscall(SYS_prlimit64, number_meant(process), limit, given, before));
}

CRASHREEL_HOOK int prlimit(pid_t process, __rlimit_resource limit, const rlimit* given,
                           rlimit* before) noexcept {
  return static_cast<int>(own_syscall(SYS_prlimit64, number_meant(process), limit, given, before));
}

}  // extern "C"
