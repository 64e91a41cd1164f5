// What if the program handles SIGBUS itself, and the fault was in the ring?
//
// Then the program's handler would take the place of the runtime's guard (ring_guard.h), and a ring
// that somebody cuts short would be a crash of the program's. So what the program asks for is put
// behind the guard: it gets all SIGBUS but those, with its own flags, mask and stack, and sees its
// own handler when it asks.
#pragma once

#include <signal.h>

namespace crashreel {

// Is sigaction() of this signal to go through guarded_sigaction()?
bool is_guarded(int number);

// As sigaction() of SIGBUS.
int guarded_sigaction(const struct sigaction* wanted, struct sigaction* before);

// As signal() of SIGBUS.
sighandler_t guarded_signal(sighandler_t handler);

}  // namespace crashreel
