#include "harness/player/crash.h"

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>

#include "capture/interpose/real_call.h"

namespace crashreel::player {
namespace {

constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
// backtrace() needs some kilobytes; the kernel's own frame up to 11 KiB with AVX-512 state.
constexpr std::size_t kAlternateStackBytes = 64 * 1024;
// A fault this close below the stack pointer is a push, a call or a large frame's first touch.
constexpr std::uint64_t kOverflowReach = 64 * 1024;

ScriptHeader* script = nullptr;
bool watching = false;
struct sigaction wanted_by_program[NSIG];

std::uint64_t program_counter(const ucontext_t& context) {
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.pc;
#else
#error "crashreel knows x86-64 and AArch64"
#endif
}

std::uint64_t stack_pointer(const ucontext_t& context) {
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RSP]);
#else
  return context.uc_mcontext.sp;
#endif
}

// The frames from the faulting instruction on. The first ones of backtrace() are this handler's;
// where the unwinder can't find the fault among them the program counter alone is what is known.
void take_frames(std::uint64_t pc) {
  ScriptCrash& crash = script->crash;
  crash.frames[0] = pc;
  crash.frame_count.store(1, std::memory_order_release);
  void* raw[kMaxCrashFrames];
  const int found = ::backtrace(raw, kMaxCrashFrames);
  int first = 0;
  while (first < found && reinterpret_cast<std::uint64_t>(raw[first]) != pc) ++first;
  std::uint32_t count = 1;
  for (int i = first + 1; i < found && count < kMaxCrashFrames; ++i) {
    crash.frames[count++] = reinterpret_cast<std::uint64_t>(raw[i]);
  }
  crash.frame_count.store(count, std::memory_order_release);
}

void take_maps() {
  const int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY));
  if (fd < 0) return;
  std::uint32_t size = 0;
  while (size < kMaxCrashMaps) {
    const long got = ::syscall(SYS_read, fd, script->crash.maps + size, kMaxCrashMaps - size);
    if (got <= 0) break;
    size += static_cast<std::uint32_t>(got);
  }
  ::syscall(SYS_close, fd);
  script->crash.maps_size.store(size, std::memory_order_release);
}

// Code built without unwind tables can't be walked, but after an overflow the stack is nothing but
// the recursion's frames: the harness finds the return addresses in it.
void take_overflowed_stack(const siginfo_t& info, std::uint64_t sp) {
  const auto address = reinterpret_cast<std::uint64_t>(info.si_addr);
  const bool overflow =
      info.si_signo == SIGSEGV && address + kOverflowReach > sp && address < sp + 4096;
  if (!overflow) return;
  // As much as is mapped: the kernel refuses rather than faults.
  int channel[2];
  if (::syscall(SYS_pipe2, channel, O_NONBLOCK) != 0) return;
  // Where the fault is at or above the stack pointer, the mapped part begins on the next page.
  const std::uint64_t from = address >= sp ? (address | 4095) + 1 : sp;
  std::uint32_t size = 0;
  while (size < kMaxCrashStack) {
    if (::syscall(SYS_write, channel[1], from + size, 4096) != 4096) break;
    if (::syscall(SYS_read, channel[0], script->crash.stack + size, 4096) != 4096) break;
    size += 4096;
  }
  ::syscall(SYS_close, channel[0]);
  ::syscall(SYS_close, channel[1]);
  script->crash.stack_size.store(size, std::memory_order_release);
}

void die_by(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  CRASHREEL_REAL(sigaction)(signal, &action, nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  CRASHREEL_REAL(pthread_sigmask)(SIG_UNBLOCK, &only, nullptr);
  ::syscall(SYS_tgkill, ::getpid(), ::syscall(SYS_gettid), signal);
  ::syscall(SYS_exit_group, 128 + signal);
}

void on_fatal_signal(int signal, siginfo_t* info, void* raw_context) {
  static std::atomic<bool> entered{false};
  if (!entered.exchange(true)) {
    const auto& context = *static_cast<const ucontext_t*>(raw_context);
    ScriptCrash& crash = script->crash;
    crash.signal = signal;
    crash.code = info->si_code;
    crash.address = reinterpret_cast<std::uint64_t>(info->si_addr);
    crash.stack_pointer = stack_pointer(context);
    crash.in_flight = script->performed.load();
    take_maps();
    take_overflowed_stack(*info, crash.stack_pointer);
    take_frames(program_counter(context));
    script->state.store(static_cast<std::uint32_t>(ScriptState::kCrashed));
  }
  die_by(signal);
}

bool is_ours(int signal) {
  if (!watching) return false;
  for (const int fatal : kFatalSignals) {
    if (fatal == signal) return true;
  }
  return false;
}

}  // namespace

void give_alternate_stack() {
  void* memory = ::mmap(nullptr, kAlternateStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = kAlternateStackBytes;
  CRASHREEL_REAL(sigaltstack)(&stack, nullptr);
}

void watch_for_crash(ScriptHeader* attached) {
  script = attached;
  void* warm_up[2];
  ::backtrace(warm_up, 2);  // loads the unwinder now, for dlopen in a dying process may deadlock
  give_alternate_stack();
  for (const int signal : kFatalSignals) {
    struct sigaction action = {};
    action.sa_sigaction = on_fatal_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    CRASHREEL_REAL(sigaction)(signal, &action, nullptr);
  }
  watching = true;
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

extern "C" {

__attribute__((visibility("default"))) int sigaction(int signal,
                                                     const struct sigaction* __restrict wanted,
                                                     struct sigaction* __restrict old) noexcept {
  if (!is_ours(signal)) return CRASHREEL_REAL(sigaction)(signal, wanted, old);
  const struct sigaction before = wanted_by_program[signal];
  if (wanted != nullptr) wanted_by_program[signal] = *wanted;
  if (old != nullptr) *old = before;
  return 0;
}

__attribute__((visibility("default"))) sighandler_t signal(int signal,
                                                           sighandler_t handler) noexcept {
  if (!is_ours(signal)) return CRASHREEL_REAL(signal)(signal, handler);
  const sighandler_t before = wanted_by_program[signal].sa_handler;
  wanted_by_program[signal] = {};
  wanted_by_program[signal].sa_handler = handler;
  return before;
}

// The alternate stack stays the player's: the program's handlers never run on theirs.
__attribute__((visibility("default"))) int sigaltstack(const stack_t* __restrict wanted,
                                                       stack_t* __restrict old) noexcept {
  if (!crashreel::player::watching) return CRASHREEL_REAL(sigaltstack)(wanted, old);
  if (old != nullptr) {
    *old = {};
    old->ss_flags = SS_DISABLE;
  }
  return 0;
}

}  // extern "C"
