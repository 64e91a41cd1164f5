// What happens on a signal, as the kernel has it: no hook of ours takes part, nor does libc, which
// keeps two of the signals to itself.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "harness/player/kernel_call.h"

namespace crashreel::player {

inline constexpr std::size_t kKernelMaskBytes = 8;

// rt_sigaction(2).
struct KernelAction {
  std::uint64_t handler;
  std::uint64_t flags;
  std::uint64_t restorer;
  std::uint64_t mask;
};

inline bool take_action(int signal, KernelAction* action) {
  return own_syscall(SYS_rt_sigaction, signal, nullptr, action, kKernelMaskBytes) == 0;
}

inline bool put_action(int signal, const KernelAction& action) {
  return own_syscall(SYS_rt_sigaction, signal, &action, nullptr, kKernelMaskBytes) == 0;
}

// Signals that wait for this thread or its process, as a mask.
inline std::uint64_t pending_signals() {
  std::uint64_t pending = 0;
  own_syscall(SYS_rt_sigpending, &pending, kKernelMaskBytes);
  return pending;
}

}  // namespace crashreel::player
