// How does the program get its next input?
//
// The stage holds the script and the player's ends of the sessions. Whenever the scheduler finds
// the program idle it calls here: what the program answered is taken and hashed, then the next step
// is performed (connect, send, close, on real kernel sockets), or, where a wait ends before that
// step is due, the clock moves there instead. When all steps are performed the try ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/player/script.h"

namespace crashreel::player {

// False: there is no memory for it, or no descriptor.
bool set_stage(ScriptHeader* script);

// The program has sent so many bytes on some socket.
void note_sent(std::size_t bytes);
// The program could not send any more on one.
void note_full();

// Whether what was inside TLS is brought without it.
bool brings_plain_bytes();

// The try is over, or a crash ends it: what of the steps so far nobody has read is written down,
// where answers are. In a handler, too.
void note_what_is_unread();

// The scheduler's Act and Missed (idle.h).
int act(std::uint64_t nearest_deadline_ns);
void miss_thread();

}  // namespace crashreel::player
