// How is a system call made that no hook sees?
//
// syscall() is the program's way to futexes and descriptors, and so has a hook; what the player
// itself asks of the kernel goes by these, in handlers too. libc only.
#pragma once

#include <errno.h>

#include "capture/base/system_call.h"

namespace crashreel::player {

// In place of syscall(2), with errno.
template <typename... Arguments>
long own_syscall(long number, Arguments... arguments) {
  const long result = kernel_call(number, arguments...);
  constexpr long kLastError = -4096;
  if (result >= 0 || result <= kLastError) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace crashreel::player
