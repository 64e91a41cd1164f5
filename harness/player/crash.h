// How does the harness learn where the program died, whatever handlers the program has?
//
// The player takes the first chance of every fatal signal: it writes the facts and the stack into
// the script on an alternate stack, then lets the signal kill the process. Handlers that the
// program installs for these signals are remembered and never run: a crash report of its own costs
// more than the whole replay.
#pragma once

#include "harness/player/script.h"

namespace crashreel::player {

// Prepares everything a crash needs, for the calling thread as well. Once, before main.
void watch_for_crash(ScriptHeader* script);
// The same for a script that comes later.
void watch_for_crash_of(ScriptHeader* script);

// Not in programs that run without a script, nor in forked children.
bool watching_for_crash();

// The alternate stack of a new thread, until it ends; call on that thread.
void give_alternate_stack();

// In a forked child of the program: signals do what the program asked for.
void stop_watching();
// In a child that is fed after all.
void watch_again();

// Ends the process as this signal does.
void die_by(int signal);

}  // namespace crashreel::player
