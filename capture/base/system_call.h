// How is a system call made without libc?
//
// For who must be seen by no hook, and for who has no libc. Answers as the kernel does: a result,
// or an error below zero. Depends on nothing.
#pragma once

namespace crashreel {

#if defined(__x86_64__)

inline long kernel_call_of_six(long number, const long (&given)[6]) {
  long result = number;
  register long r10 __asm__("r10") = given[3];
  register long r8 __asm__("r8") = given[4];
  register long r9 __asm__("r9") = given[5];
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(given[0]), "S"(given[1]), "d"(given[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

inline long kernel_call_of_six(long number, const long (&given)[6]) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = given[0];
  register long x1 __asm__("x1") = given[1];
  register long x2 __asm__("x2") = given[2];
  register long x3 __asm__("x3") = given[3];
  register long x4 __asm__("x4") = given[4];
  register long x5 __asm__("x5") = given[5];
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

#else
#error "system calls are made on x86-64 and AArch64"
#endif

template <typename... Arguments>
long kernel_call(long number, Arguments... arguments) {
  const long given[6] = {(long)(arguments)...};  // NOLINT: pointers and numbers of any size
  return kernel_call_of_six(number, given);
}

}  // namespace crashreel
