// How does an instance stand still just before a step, for somebody to look at it?
//
// It waits at that point until it is let go, and then calls crashreel_before_input(), which does
// nothing: a debugger that has taken hold of it meanwhile has a breakpoint there. Steps that nobody
// asked for cost one load. The clock is virtual, and so stands as well.
#pragma once

#include "harness/player/script.h"

extern "C" void crashreel_before_input(std::uint32_t step);

namespace crashreel::player {

// Whoever wants to may attach to this process, where the system lets nobody but parents.
void allow_debugger(const ScriptHeader& script);

// Once for each step, at the last moment before it is performed; once more after the last.
void stop_before(ScriptHeader& script, std::uint32_t step);

}  // namespace crashreel::player
