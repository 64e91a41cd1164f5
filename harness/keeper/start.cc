// What libc would have given to the keeper: its first instructions, and the four functions that
// compilers call without being asked to.
#include "harness/keeper/start.h"

#include <stddef.h>

#include "harness/keeper/kernel.h"

// The kernel starts a program with nothing but a stack: argc, argv, a null, the environment.
#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".globl _start\n"
    ".type _start, %function\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n"
    "  call crashreel_keeper_start\n"
    "  ud2\n");
#else
__asm__(
    ".text\n"
    ".globl _start\n"
    ".type _start, %function\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  mov x0, sp\n"
    "  bl crashreel_keeper_start\n"
    "  brk #1\n");
#endif

extern "C" {

[[noreturn]] void crashreel_keeper_start(long* stack) {
  char** const argv = reinterpret_cast<char**>(stack + 1);
  crashreel::keeper::leave(crashreel::keeper::keep_instance(static_cast<int>(*stack), argv));
}

// There are no more than some dozen bytes to copy or to fill at a time. The empty instruction is
// for compilers that would make a call to the same function out of such a loop.
#define CRASHREEL_STAYS_A_LOOP __asm__ volatile("" ::: "memory")

void* memcpy(void* to, const void* from, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
    CRASHREEL_STAYS_A_LOOP;
  }
  return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
  if (to <= from) return memcpy(to, from, bytes);
  for (size_t i = bytes; i > 0; --i) {
    static_cast<char*>(to)[i - 1] = static_cast<const char*>(from)[i - 1];
    CRASHREEL_STAYS_A_LOOP;
  }
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    static_cast<char*>(to)[i] = static_cast<char>(value);
    CRASHREEL_STAYS_A_LOOP;
  }
  return to;
}

int memcmp(const void* left, const void* right, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    const int difference =
        static_cast<const unsigned char*>(left)[i] - static_cast<const unsigned char*>(right)[i];
    if (difference != 0) return difference;
    CRASHREEL_STAYS_A_LOOP;
  }
  return 0;
}

}  // extern "C"
