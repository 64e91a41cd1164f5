// How is a system call made that no hook sees?
//
// syscall() is the program's way to futexes and descriptors, and so has a hook; what the player
// itself asks of the kernel goes by these, in handlers too. libc only.
#pragma once

#include <errno.h>

namespace crashreel::player {

// Answers as the kernel does: a result, or an error below zero.
#if defined(__x86_64__)

inline long kernel_call(long number, long a, long b, long c, long d, long e, long f) {
  long result = number;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

inline long kernel_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

#else
#error "the player makes system calls on x86-64 and AArch64"
#endif

// In place of syscall(2), with errno.
template <typename... Arguments>
long own_syscall(long number, Arguments... arguments) {
  const long given[6] = {(long)(arguments)...};  // NOLINT: pointers and numbers of any size
  const long result =
      kernel_call(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  constexpr long kLastError = -4096;
  if (result >= 0 || result <= kLastError) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace crashreel::player
