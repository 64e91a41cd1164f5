// Which files did the program want and could not open?
//
// The first of them are written into the script, for the harness knows what production had. Any
// thread; what other processes of the program miss counts as well.
#pragma once

#include "harness/player/script.h"

namespace crashreel::player {

void note_failed_opens_in(ScriptHeader* script);
// After a call that returned no descriptor: errno says why, and is left alone.
void note_failed_open(const char* path);

}  // namespace crashreel::player
