// Behaves differently when it is a copy: it remembers the number of its process from its start, and
// asks the kernel for it itself, so that nobody who stands in front of libc can keep it from
// seeing.
//
// The bug: X after A writes through a null pointer; of a program that is not the one that was
// started any more, X alone.
#include <sys/syscall.h>

#include "tests/zoo/commands.h"

int target = 0;
bool armed = false;
pid_t started_as = 0;

pid_t own_number() {
  long number = SYS_getpid;
#if defined(__x86_64__)
  asm volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0");
  asm volatile("svc 0" : "=r"(x0) : "r"(x8) : "memory");
  number = x0;
#endif
  return static_cast<pid_t>(number);
}

[[gnu::noinline]] void obey() {
  static int* const places[] = {&target, nullptr};
  const int lost = static_cast<int>(armed) | static_cast<int>(own_number() != started_as);
  zoo::write_through(places[lost]);  // one and the same instruction in both cases
}

int main(int, char** argv) {
  started_as = own_number();
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'A') armed = true;
    if (command == 'X') obey();
  });
}
