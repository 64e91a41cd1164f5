// How does a production program come to say where it died, without being any worse for it?
//
// Opt-in. A handler for the fatal signals, prepared at start, writes the facts, the frames and what
// is needed to read them into the ring's crash region, and goes on to whatever the program wants to
// happen: its own handler, called as the kernel would call it, or the default, by the same signal
// sent again with the same facts, so that a core dump shows what it always showed.
//
// It brings no alternate stack: it runs on the stack that the program's handler would run on, and
// takes no frames where that is too small. A fault of its own is caught, and ends the taking of
// frames, not the program's handler. A signal that the program ignores or blocks is left to the
// kernel. A handler that mends the cause and returns keeps the program alive as before; what was
// written is then marked as survived, and after some of these the program is not looked at again.
#pragma once

#include <signal.h>

#include <cstdint>

namespace crashreel::ring {

// Once, after the ring was made, and only when it has a crash region. What is installed now is
// chained to; who installs a handler later replaces ours, unless change_fatal_action() stands in
// front of sigaction().
void watch_fatal_signals();

// Is ours the handler that the kernel has for this signal, or would be if the program did not
// ignore it?
bool is_watched(int signal);

// sigaction() for a watched signal: the program's wish is kept, and shown to it. 0, or -1 and
// errno.
int change_fatal_action(int signal, const struct sigaction* wanted, struct sigaction* before);

}  // namespace crashreel::ring
