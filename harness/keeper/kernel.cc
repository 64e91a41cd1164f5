#include "harness/keeper/kernel.h"

#include <sched.h>
#include <signal.h>

namespace crashreel::keeper {
namespace {

// What the child finds on its stack: the parent's frame is on another.
struct Way {
  void (*function)(const void*);
  const void* argument;
};
static_assert(sizeof(Way) == 16, "the stack stays aligned");

#if defined(__x86_64__)

long clone_to(Way* stack, unsigned long flags, int* pid_fd) {
  long result = SYS_clone;
  register long child_tid __asm__("r10") = 0;
  register long thread_storage __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "pop %%rax\n\t"
      "pop %%rdi\n\t"
      "call *%%rax\n\t"
      "ud2\n"
      "1:"
      : "+a"(result)
      : "D"(flags), "S"(stack), "d"(pid_fd), "r"(child_tid), "r"(thread_storage)
      : "rcx", "r11", "cc", "memory");
  return result;
}

#else

long clone_to(Way* stack, unsigned long flags, int* pid_fd) {
  register long number __asm__("x8") = SYS_clone;
  register long result __asm__("x0") = static_cast<long>(flags);
  register Way* child_stack __asm__("x1") = stack;
  register int* parent_tid __asm__("x2") = pid_fd;
  register long thread_storage __asm__("x3") = 0;
  register long child_tid __asm__("x4") = 0;
  __asm__ volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, #0\n\t"
      "mov x30, #0\n\t"
      "ldp x1, x0, [sp], #16\n\t"
      "blr x1\n\t"
      "brk #1\n"
      "1:"
      : "+r"(result)
      : "r"(number), "r"(child_stack), "r"(parent_tid), "r"(thread_storage), "r"(child_tid)
      : "cc", "memory");
  return result;
}

#endif

}  // namespace

void set_signal_mask(SignalSet blocked) {
  kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, nullptr, sizeof blocked);
}

long clone_into(void (*function)(const void*), const void* argument, char* stack_end,
                unsigned long flags, int* pid_fd) {
  Way* const way = reinterpret_cast<Way*>(stack_end) - 1;
  *way = {function, argument};
  return clone_to(way, flags | CLONE_VM | CLONE_PIDFD, pid_fd);
}

}  // namespace crashreel::keeper
