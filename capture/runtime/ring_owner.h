// Is the thread that holds this still there?
//
// A chunk, a head or a pin that belongs to a thread at the moment says so by its tid. Who ends
// inside a record gives it back on its way out, if it comes to that; of who was killed, or belonged
// to a process that was, the kernel must be asked. libc only; may run in a signal handler. errno is
// the caller's to keep.
#pragma once

#include <cstdint>

namespace crashreel::ring {

// The caller's, as far as its records have told; 0: not yet, in this process. No system call.
std::uint32_t tid_of_caller();

// A holder's tid means something only inside the pid namespace that the ring was made in. A system
// call.
bool tids_are_ours();

// A system call. False for 0, which is nobody's.
bool is_gone(std::uint32_t tid);

}  // namespace crashreel::ring
