#include "harness/player/crash.h"

#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>

#include "capture/interpose/real_call.h"
#include "capture/runtime/crash_memory.h"
#include "harness/player/guarded_copy.h"
#include "harness/player/handover.h"
#include "harness/player/idle.h"
#include "harness/player/kernel_call.h"
#include "harness/player/process_number.h"
#include "harness/player/rewind.h"
#include "harness/player/stage.h"
#include "harness/player/warm_pages.h"

namespace crashreel::player {
namespace {

// backtrace() needs some kilobytes; the kernel's own frame up to 11 KiB with AVX-512 state.
constexpr std::size_t kAlternateStackBytes = 64 * 1024;

ScriptHeader* script = nullptr;
bool watching = false;
int first_process = 0;  // where the watching began
struct sigaction wanted_by_program[NSIG];
pthread_key_t alternate_stack;

void on_fatal_signal(int signal, siginfo_t* info, void* raw_context);

void take_frames(const ucontext_t& context, CrashCopier& memory) {
  ScriptCrash& crash = script->crash;
  bool walkable = false;
  const std::uint32_t first = first_frames(context, memory, crash.frames, &walkable);
  crash.frame_count.store(first, std::memory_order_release);
  if (walkable) crash.frame_count.store(walk_frames(crash.frames), std::memory_order_release);
}

void take_maps() {
  const int fd = static_cast<int>(own_syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY));
  if (fd < 0) return;
  std::uint32_t size = 0;
  while (size < kMaxCrashMaps) {
    const long got = own_syscall(SYS_read, fd, script->crash.maps + size, kMaxCrashMaps - size);
    if (got <= 0) break;
    size += static_cast<std::uint32_t>(got);
  }
  own_syscall(SYS_close, fd);
  script->crash.maps_size.store(size, std::memory_order_release);
}

void take_signals() {
  for (const int signal : kFatalSignals) {
    struct sigaction action = {};
    action.sa_sigaction = on_fatal_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    CRASHREEL_REAL(sigaction)(signal, &action, nullptr);
  }
  watching = true;
}

}  // namespace

void die_by(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  CRASHREEL_REAL(sigaction)(signal, &action, nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  CRASHREEL_REAL(pthread_sigmask)(SIG_UNBLOCK, &only, nullptr);
  own_syscall(SYS_tgkill, real_process(), own_syscall(SYS_gettid), signal);
  own_syscall(SYS_exit_group, 128 + signal);
}

namespace {

void write_down(int signal, const siginfo_t& info, const ucontext_t& context) {
  ScriptCrash& crash = script->crash;
  crash.signal = signal;
  crash.code = info.si_code;
  crash.address = reinterpret_cast<std::uint64_t>(info.si_addr);
  crash.stack_pointer = stack_pointer(context);
  crash.in_flight = script->performed.load();
  const auto own = wanted_by_program[signal].sa_handler;
  crash.is_handled = own != SIG_DFL && own != SIG_IGN ? 1 : 0;
  take_maps();
  CrashCopier memory;
  crash.stack_size.store(
      copy_overflowed_stack(info, crash.stack_pointer, memory, crash.stack, kMaxCrashStack),
      std::memory_order_release);
  take_frames(context, memory);
  script->state.store(static_cast<std::uint32_t>(ScriptState::kCrashed));
  note_what_is_unread();
}

// What it prints goes into a file without a name, unless it has put another one there.
std::uint64_t printed_bytes() {
  for (const int fd : {STDERR_FILENO, STDOUT_FILENO}) {
    struct stat status;
    const bool is_ours =
        ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 0;
    if (is_ours) return static_cast<std::uint64_t>(status.st_size);
  }
  return 0;
}

// From here on the process is the program's, and its handler runs as it would have without us: the
// instruction faults again, or the signal is sent once more. What other processes do is awaited by
// the first one, so they do without.
bool let_speak(int signal, const siginfo_t& info) {
  if (script->lets_speak == 0 || script->crash.is_handled == 0) return false;
  if (real_process() != first_process) return false;
  script->crash.printed = printed_bytes();
  stop_scheduling();
  stop_watching();
  const bool was_sent = info.si_code <= 0;
  if (was_sent) own_syscall(SYS_tgkill, real_process(), own_syscall(SYS_gettid), signal);
  return true;
}

void on_fatal_signal(int signal, siginfo_t* info, void* raw_context) {
  if (end_guarded_copy(raw_context)) return;
  static std::atomic<long> first{0};
  const long self = own_syscall(SYS_gettid);
  long nobody = 0;
  if (first.compare_exchange_strong(nobody, self)) {
    write_down(signal, *info, *static_cast<const ucontext_t*>(raw_context));
    if (let_speak(signal, *info)) return;
    note_touched_pages();
    go_back(signal);
    tell_first_process();
  } else if (nobody != self) {
    // Another thread writes down why, and is about to end us all.
    for (;;) own_syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
  }
  die_by(signal);
}

// What a program may block is not among what the player has to see: a fault while its signal is
// blocked ends the process without a word.
sigset_t without_fatal_signals(const sigset_t& asked) {
  sigset_t set = asked;
  for (const int signal : kFatalSignals) sigdelset(&set, signal);
  return set;
}

bool is_ours(int signal) {
  if (!watching) return false;
  for (const int fatal : kFatalSignals) {
    if (fatal == signal) return true;
  }
  return false;
}

void take_alternate_stack(void* memory) {
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  CRASHREEL_REAL(sigaltstack)(&none, nullptr);
  ::munmap(memory, kAlternateStackBytes);
}

}  // namespace

bool watching_for_crash() {
  return watching;
}

void give_alternate_stack() {
  void* memory = ::mmap(nullptr, kAlternateStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = kAlternateStackBytes;
  CRASHREEL_REAL(sigaltstack)(&stack, nullptr);
  ::pthread_setspecific(alternate_stack, memory);
}

void watch_for_crash(ScriptHeader* attached) {
  script = attached;
  first_process = real_process();
  void* warm_up[2];
  ::backtrace(warm_up, 2);  // loads the unwinder now, for dlopen in a dying process may deadlock
  ::pthread_key_create(&alternate_stack, take_alternate_stack);
  give_alternate_stack();
  CRASHREEL_REAL(pthread_sigmask);  // looked up now, for the same reason
  take_signals();
}

void watch_for_crash_of(ScriptHeader* other) {
  script = other;
}

void watch_again() {
  take_signals();
}

void stop_watching() {
  if (!watching) return;
  watching = false;
  for (const int signal : kFatalSignals) {
    CRASHREEL_REAL(sigaction)(signal, &wanted_by_program[signal], nullptr);
  }
}

}  // namespace crashreel::player

using crashreel::player::is_ours;
using crashreel::player::wanted_by_program;
using crashreel::player::watching_for_crash;
using crashreel::player::without_fatal_signals;

namespace {

sighandler_t remember_handler(int signal, sighandler_t handler) {
  const sighandler_t before = wanted_by_program[signal].sa_handler;
  wanted_by_program[signal] = {};
  wanted_by_program[signal].sa_handler = handler;
  return before;
}

using ChangeMask = int (*)(int, const sigset_t*, sigset_t*);

int change_mask(ChangeMask real, int how, const sigset_t* set, sigset_t* old) {
  if (set == nullptr || how == SIG_UNBLOCK || !watching_for_crash()) return real(how, set, old);
  const sigset_t allowed = without_fatal_signals(*set);
  return real(how, &allowed, old);
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int sigaction(int signal, const struct sigaction* __restrict wanted,
                             struct sigaction* __restrict old) noexcept {
  if (!is_ours(signal)) {
    if (wanted == nullptr || !watching_for_crash()) {
      return CRASHREEL_REAL(sigaction)(signal, wanted, old);
    }
    struct sigaction allowed = *wanted;
    allowed.sa_mask = without_fatal_signals(wanted->sa_mask);
    return CRASHREEL_REAL(sigaction)(signal, &allowed, old);
  }
  const struct sigaction before = wanted_by_program[signal];
  if (wanted != nullptr) wanted_by_program[signal] = *wanted;
  if (old != nullptr) *old = before;
  return 0;
}

CRASHREEL_HOOK sighandler_t signal(int signal, sighandler_t handler) noexcept {
  return is_ours(signal) ? remember_handler(signal, handler)
                         : CRASHREEL_REAL(signal)(signal, handler);
}

// What signal() is called in programs that were compiled as strict ISO C.
CRASHREEL_HOOK sighandler_t __sysv_signal(int signal, sighandler_t handler) noexcept {
  return is_ours(signal) ? remember_handler(signal, handler)
                         : CRASHREEL_REAL(__sysv_signal)(signal, handler);
}

CRASHREEL_HOOK int pthread_sigmask(int how, const sigset_t* __restrict set,
                                   sigset_t* __restrict old) noexcept {
  return change_mask(CRASHREEL_REAL(pthread_sigmask), how, set, old);
}

CRASHREEL_HOOK int sigprocmask(int how, const sigset_t* __restrict set,
                               sigset_t* __restrict old) noexcept {
  return change_mask(CRASHREEL_REAL(sigprocmask), how, set, old);
}

// The alternate stack stays the player's: the program's handlers never run on theirs.
CRASHREEL_HOOK int sigaltstack(const stack_t* __restrict wanted, stack_t* __restrict old) noexcept {
  if (!watching_for_crash()) return CRASHREEL_REAL(sigaltstack)(wanted, old);
  if (old != nullptr) {
    *old = {};
    old->ss_flags = SS_DISABLE;
  }
  return 0;
}

}  // extern "C"
