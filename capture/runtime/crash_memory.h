// How does a process look at itself at the moment of a fatal signal?
//
// For handlers alone: nothing here allocates, locks, or touches memory that may not be mapped. What
// is found is written where the caller says. The unwinder must have been loaded before, by one call
// of backtrace(): dlopen in a dying process may deadlock.
#pragma once

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace crashreel {

inline constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

inline constexpr std::uint32_t kCrashPage = 4096;

inline std::uint64_t program_counter(const ucontext_t& context) {
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.pc;
#else
#error "crashreel knows x86-64 and AArch64"
#endif
}

inline std::uint64_t stack_pointer(const ucontext_t& context) {
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RSP]);
#else
  return context.uc_mcontext.sp;
#endif
}

// Copies memory that may not be mapped: the kernel refuses where we would fault.
class CrashCopier {
 public:
  CrashCopier() : open_(::syscall(SYS_pipe2, ends_, O_NONBLOCK | O_CLOEXEC) == 0) {}
  ~CrashCopier() {
    if (!open_) return;
    ::syscall(SYS_close, ends_[0]);
    ::syscall(SYS_close, ends_[1]);
  }
  CrashCopier(const CrashCopier&) = delete;
  CrashCopier& operator=(const CrashCopier&) = delete;

  // At most a page. False where not all of it is mapped.
  bool copy(std::uint64_t from, void* to, std::size_t size) {
    if (!open_) return false;
    const long taken = ::syscall(SYS_write, ends_[1], from, size);
    const long given = taken > 0 ? ::syscall(SYS_read, ends_[0], to, taken) : 0;
    return given == static_cast<long>(size);
  }

 private:
  int ends_[2];
  bool open_;
};

// Where a call to an address without code came from: the return address that it left.
inline std::uint64_t caller_of(const ucontext_t& context, CrashCopier& memory) {
#if defined(__x86_64__)
  std::uint64_t caller = 0;
  memory.copy(stack_pointer(context), &caller, sizeof caller);
  return caller;
#else
  (void)memory;
  return context.uc_mcontext.regs[30];
#endif
}

// The faulting instruction and, where that is no code, the one that jumped there: what is known
// without an unwinder. `frames` has room for two. How many it were; `walkable` says whether the
// rest can be had from the unwinder, which reads at the program counter.
inline std::uint32_t first_frames(const ucontext_t& context, CrashCopier& memory,
                                  std::uint64_t* frames, bool* walkable) {
  frames[0] = program_counter(context);
  unsigned char code = 0;
  *walkable = memory.copy(frames[0], &code, sizeof code);
  if (*walkable) return 1;
  frames[1] = caller_of(context, memory);
  return 2;
}

// The frames behind the first. The first ones of backtrace() are the handler's; where the unwinder
// can't find the fault among them there are none. Takes some kilobytes of stack.
template <std::uint32_t kMost>
std::uint32_t walk_frames(std::uint64_t (&frames)[kMost]) {
  void* raw[kMost];
  const int found = ::backtrace(raw, static_cast<int>(kMost));
  int first = 0;
  while (first < found && reinterpret_cast<std::uint64_t>(raw[first]) != frames[0]) ++first;
  std::uint32_t count = 1;
  for (int i = first + 1; i < found && count < kMost; ++i) {
    frames[count++] = reinterpret_cast<std::uint64_t>(raw[i]);
  }
  return count;
}

// Code built without unwind tables can't be walked, but after an overflow the stack is nothing but
// the recursion's frames: whoever reads it finds the return addresses in it. Copies whole pages
// from the stack pointer upwards; how many bytes, 0 where the stack did not overflow.
inline std::uint32_t copy_overflowed_stack(const siginfo_t& info, std::uint64_t sp,
                                           CrashCopier& memory, char* to, std::uint32_t room) {
  // A fault this close below the stack pointer is a push, a call or a large frame's first touch.
  constexpr std::uint64_t kReach = 64 * 1024;
  const auto address = reinterpret_cast<std::uint64_t>(info.si_addr);
  const bool has_address = info.si_code == SEGV_MAPERR || info.si_code == SEGV_ACCERR;
  const bool overflow =
      info.si_signo == SIGSEGV && has_address && address + kReach > sp && address < sp + kCrashPage;
  if (!overflow) return 0;
  // Where the fault is at or above the stack pointer, the mapped part begins on the next page.
  const std::uint64_t from = address >= sp ? (address | (kCrashPage - 1)) + 1 : sp;
  std::uint32_t size = 0;
  while (size + kCrashPage <= room && memory.copy(from + size, to + size, kCrashPage)) {
    size += kCrashPage;
  }
  return size;
}

}  // namespace crashreel
