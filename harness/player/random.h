// What random bytes does the program get?
//
// Those that production got while it had the same input in hand, as far as the script has them;
// what goes beyond is made from the script's seed and that input. So an input draws the same bytes
// whatever other inputs are left out, and two replays of one script draw the same.
//
// Any thread may draw, also in a signal handler; nothing waits. Of threads that draw at once the
// order is theirs.
#pragma once

#include <sys/uio.h>

#include <cstddef>

#include "harness/player/script.h"

namespace crashreel::player {

// Until there is a script, and after abandoning it, the calls go to the kernel.
void take_random_from(ScriptHeader* script);
// In a child that the program forked.
void abandon_random();
bool serves_random();
// Those that getrandom(2) takes.
bool are_random_flags(unsigned long flags);

void draw(void* bytes, std::size_t size);
// Of a call that the recorder does not see: of the seed alone, so that those of production stay for
// the calls that they came by.
void draw_unrecorded(void* bytes, std::size_t size);
// Into all of these, one behind the other; how many bytes.
ssize_t draw(const iovec* parts, int count);

}  // namespace crashreel::player
