#include "capture/runtime/fatal_signals.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>

#include "capture/runtime/crash_memory.h"
#include "capture/runtime/crash_region.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_guard.h"

namespace crashreel::ring {
namespace {

// What the unwinder takes, twice over. Only asked for on an alternate stack, whose size is known.
constexpr std::uintptr_t kStackForFrames = 16 << 10;
// A program that mends faults lives on them: after so many it is not a crash that one looks for.
constexpr std::uint32_t kMostSurvived = 8;
constexpr int kWaitForOtherMs = 100;

decltype(&::sigaction) g_sigaction = nullptr;
bool g_watching = false;
std::uint32_t g_survived = 0;

// What the program wants to happen. Two copies a signal and a count that says which is the good
// one: a signal may come while they are changed. Two threads that change one signal at once are the
// program's own race.
struct Wanted {
  struct sigaction copies[2];
  std::uint32_t changes;
};
Wanted g_wanted[NSIG];

struct sigaction wanted_of(int signal) {
  const Wanted& wanted = g_wanted[signal];
  return wanted.copies[__atomic_load_n(&wanted.changes, __ATOMIC_ACQUIRE) & 1];
}

void set_wanted(int signal, const struct sigaction& action) {
  Wanted& wanted = g_wanted[signal];
  wanted.copies[(wanted.changes + 1) & 1] = action;
  __atomic_store_n(&wanted.changes, wanted.changes + 1, __ATOMIC_RELEASE);
}

bool is_default(const struct sigaction& action) {
  return action.sa_handler == SIG_DFL;
}
bool is_ignored(const struct sigaction& action) {
  return action.sa_handler == SIG_IGN;
}

// One thread at a time is inside note(); a fault in there comes back to its beginning.
long g_noting_thread = 0;
sigjmp_buf g_way_back;

long this_thread() {
  return ::syscall(SYS_gettid);
}

void set_mask(int how, const sigset_t& set, sigset_t* before) {
  ::syscall(SYS_rt_sigprocmask, how, &set, before, NSIG / 8);
}

bool has_room_for_frames() {
  stack_t stack = {};
  if (::syscall(SYS_sigaltstack, nullptr, &stack) != 0) return false;
  if ((stack.ss_flags & SS_ONSTACK) == 0) return true;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const auto bottom = reinterpret_cast<std::uintptr_t>(stack.ss_sp);
  return here > bottom + kStackForFrames;
}

// The frames, as far as they can be had. The unwinder believes what it finds on the stack.
void take_frames(const ucontext_t& context, CrashCopier& memory, CrashHeader& crash) {
  bool walkable = false;
  crash.frame_count = first_frames(context, memory, crash.frames, &walkable);
  if (!walkable || !has_room_for_frames()) return;
  sigset_t faults;
  sigemptyset(&faults);
  sigaddset(&faults, SIGSEGV);
  sigaddset(&faults, SIGBUS);
  sigset_t before;
  set_mask(SIG_UNBLOCK, faults, &before);
  if (sigsetjmp(g_way_back, 0) == 0) {
    __atomic_store_n(&g_noting_thread, this_thread(), __ATOMIC_RELAXED);
    crash.frame_count = walk_frames(crash.frames);
  }
  __atomic_store_n(&g_noting_thread, 0, __ATOMIC_RELAXED);
  set_mask(SIG_SETMASK, before, nullptr);
}

void note(const siginfo_t& info, const ucontext_t& context) {
  CrashHeader& crash = *crash_region();
  crash.signal = info.si_signo;
  crash.code = info.si_code;
  crash.pid = g_ring.super->pid;
  crash.tid = static_cast<std::uint32_t>(this_thread());
  crash.address = reinterpret_cast<std::uint64_t>(info.si_addr);
  crash.stack_pointer = stack_pointer(context);
  crash.maps_size = 0;
  CrashCopier memory;
  const CrashRooms rooms = crash_rooms(g_ring.super->crash_bytes);
  char* region = reinterpret_cast<char*>(&crash);
  crash.stack_size =
      copy_overflowed_stack(info, crash.stack_pointer, memory, region + rooms.stack_offset,
                            static_cast<std::uint32_t>(rooms.stack_bytes));
  take_frames(context, memory, crash);
  crash.maps_size =
      take_maps(crash, region + rooms.maps_offset, static_cast<std::uint32_t>(rooms.maps_bytes));
}

// May this thread write? What a dying program left is not written over by what follows from it: the
// same signal sent once more, a second thread that trips over the first one's ruins.
bool claim(CrashHeader& crash, const siginfo_t& info) {
  std::uint32_t state = __atomic_load_n(&crash.state, __ATOMIC_ACQUIRE);
  const bool is_fault = info.si_code > 0;
  if (state == kCrashSurvived && !is_fault && crash.signal == info.si_signo) return false;
  if (state != kNoCrash && state != kCrashSurvived) return false;
  return __atomic_compare_exchange_n(&crash.state, &state, std::uint32_t{kCrashBeingWritten}, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

// Another thread writes down why; if we died now it could not finish.
void wait_for_other(const CrashHeader& crash) {
  for (int i = 0; i < kWaitForOtherMs; ++i) {
    if (__atomic_load_n(&crash.state, __ATOMIC_ACQUIRE) != kCrashBeingWritten) return;
    const timespec pause = {.tv_sec = 0, .tv_nsec = 1'000'000};
    ::syscall(SYS_nanosleep, &pause, nullptr);
  }
}

// The ring's file was cut short: nothing can be written there, and the guard mends it.
bool is_of_guard(const siginfo_t& info) {
  const auto base = reinterpret_cast<std::uintptr_t>(g_ring.base);
  return info.si_signo == SIGBUS &&
         reinterpret_cast<std::uintptr_t>(info.si_addr) - base < guarded_bytes();
}

// True when it is this call that wrote something down.
bool write_down(const siginfo_t& info, const ucontext_t& context) {
  if (is_of_guard(info)) return false;
  // A forked child has the handler and the mapping, but the ring is its parent's.
  if (static_cast<std::uint32_t>(::syscall(SYS_getpid)) != g_ring.super->pid) return false;
  if (__atomic_load_n(&g_survived, __ATOMIC_RELAXED) >= kMostSurvived) return false;
  CrashHeader& crash = *crash_region();
  if (!claim(crash, info)) {
    wait_for_other(crash);
    return false;
  }
  note(info, context);
  __atomic_store_n(&crash.state, std::uint32_t{kCrashWritten}, __ATOMIC_RELEASE);
  return true;
}

// The same signal with the same facts, held back until the handler returns: then the default
// action is taken at the place where the program was.
void die_by(int signal, siginfo_t* info) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  g_sigaction(signal, &action, nullptr);
  const long process = ::syscall(SYS_getpid);
  const long thread = this_thread();
  if (::syscall(SYS_rt_tgsigqueueinfo, process, thread, signal, info) != 0) {
    ::syscall(SYS_tgkill, process, thread, signal);
  }
}

void on_fatal_signal(int signal, siginfo_t* info, void* raw_context) {
  if (__atomic_load_n(&g_noting_thread, __ATOMIC_RELAXED) == this_thread()) {
    siglongjmp(g_way_back, 1);
  }
  const int saved_errno = errno;
  const bool wrote = write_down(*info, *static_cast<const ucontext_t*>(raw_context));
  const struct sigaction wanted = wanted_of(signal);
  errno = saved_errno;
  if (is_ignored(wanted)) return;
  if (is_default(wanted)) return die_by(signal, info);
  if ((wanted.sa_flags & SA_RESETHAND) != 0) {
    struct sigaction reset = {};
    change_fatal_action(signal, &reset, nullptr);
  }
  wanted.sa_sigaction(signal, info, raw_context);
  if (!wrote) return;
  __atomic_fetch_add(&g_survived, 1u, __ATOMIC_RELAXED);
  __atomic_store_n(&crash_region()->state, std::uint32_t{kCrashSurvived}, __ATOMIC_RELEASE);
}

// What the kernel is told, so that it does for our handler what it would do for the program's.
struct sigaction action_for(const struct sigaction& wanted) {
  struct sigaction action = wanted;
  if (is_ignored(wanted)) return action;
  action.sa_sigaction = on_fatal_signal;
  if (is_default(wanted)) {
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
  }
  action.sa_flags = (action.sa_flags & ~SA_RESETHAND) | SA_SIGINFO;
  return action;
}

}  // namespace

bool is_watched(int signal) {
  if (!__atomic_load_n(&g_watching, __ATOMIC_ACQUIRE)) return false;
  for (const int fatal : kFatalSignals) {
    if (fatal == signal) return true;
  }
  return false;
}

int change_fatal_action(int signal, const struct sigaction* wanted, struct sigaction* before) {
  // A child of vfork() has its parent's memory but handlers of its own.
  const std::uint32_t owner = __atomic_load_n(g_ring.epoch, __ATOMIC_RELAXED);
  if (owner != 0 && owner != static_cast<std::uint32_t>(::syscall(SYS_getpid))) {
    return g_sigaction(signal, wanted, before);
  }
  const struct sigaction old = wanted_of(signal);
  if (wanted != nullptr) {
    const struct sigaction action = action_for(*wanted);
    set_wanted(signal, *wanted);  // first, for our handler may come at once and must find it
    if (g_sigaction(signal, &action, nullptr) != 0) return -1;
  }
  if (before != nullptr) *before = old;
  return 0;
}

void watch_fatal_signals() {
  if (crash_region() == nullptr) return;
  void* warm_up[2];
  ::backtrace(warm_up, 2);  // loads the unwinder now, for dlopen in a dying process may deadlock
  void* real = ::dlsym(RTLD_NEXT, "sigaction");
  g_sigaction = real != nullptr ? reinterpret_cast<decltype(&::sigaction)>(real) : &::sigaction;
  for (const int signal : kFatalSignals) {
    struct sigaction now = {};
    if (g_sigaction(signal, nullptr, &now) != 0) continue;
    set_wanted(signal, now);
    const struct sigaction action = action_for(now);
    g_sigaction(signal, &action, nullptr);
  }
  __atomic_store_n(&g_watching, true, __ATOMIC_RELEASE);
}

}  // namespace crashreel::ring
