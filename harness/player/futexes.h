// Who waits for a word of memory, as the kernel's futexes do?
//
// Programs come here by syscall(SYS_futex, …): std::atomic's wait(), latches, barriers and
// semaphores of C++, locks of other languages. libc's own futexes do not: what waits on them is
// seen by the calls that lead there. Words are known by their address, so of one that several
// processes share each sees its own waits alone.
#pragma once

#include <time.h>

#include <cstdint>

namespace crashreel::player {

// The arguments of futex(2), where it has so many. `timeout` is a number for some operations.
struct FutexCall {
  std::uint32_t* word;
  int operation;
  std::uint32_t value;
  const timespec* timeout;
  std::uint32_t* other;
  std::uint32_t value3;
};

// False: this operation is the kernel's. *result as the kernel has it, errors below zero.
bool serve_futex(const FutexCall& call, long* result);

}  // namespace crashreel::player
