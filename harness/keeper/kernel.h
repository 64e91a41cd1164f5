// What does a keeper ask of the kernel?
//
// It has no libc, whose start costs as much as the rest of an exec, so it makes its calls itself
// (kernel_call). Every answer is the kernel's: a result, or an error below zero, as -ENOENT. Types
// and constants are those of libc's headers, which on x86-64 and AArch64 are the kernel's own.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "capture/base/system_call.h"

namespace crashreel::keeper {

[[noreturn]] inline void leave(int status) {
  for (;;) kernel_call(SYS_exit_group, status);
}

inline void close_fd(long fd) {
  if (fd >= 0) kernel_call(SYS_close, fd);
}

// As the kernel has it, a bit for each; libc's has room for more.
using SignalSet = uint64_t;
inline constexpr SignalSet kAllSignals = ~SignalSet{0};
inline constexpr SignalSet kNoSignals = 0;

void set_signal_mask(SignalSet blocked);

// A child that has our memory, and goes on in `function`, on a stack that ends at `stack_end`, of
// which 16 is a divisor. From then on `pid_fd` is a descriptor of it. `function` must not return.
long clone_into(void (*function)(const void*), const void* argument, char* stack_end,
                unsigned long flags, int* pid_fd);

}  // namespace crashreel::keeper
