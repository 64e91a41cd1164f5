// What if somebody cuts the ring's file short under the running program?
//
// The next store into a page that is gone is a SIGBUS, and without a handler the program's end.
// Ours looks whether the fault lies in the ring. If so it puts memory in the ring's place and stops
// the recording: the program goes on, unrecorded, and what the file still holds stays. Every other
// SIGBUS goes where it would have gone without us. The program's own handler, set later, takes our
// place; then it is the program's again to decide (RING.md). Inside the library only.
#pragma once

#include <signal.h>

#include <cstdint>

namespace crashreel::ring {

// Watches these bytes from now on, and no others: one ring at a time. `bytes` 0: nothing.
void guard_ring(unsigned char* base, std::uint64_t bytes);
std::uint64_t guarded_bytes();

// For a handler that stands before ours. True: it was a fault in the ring, and is over.
bool survive_fault(const siginfo_t& info);
bool guard_is_installed();

}  // namespace crashreel::ring
