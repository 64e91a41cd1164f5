// How does one copy of a fork server do for many?
//
// A copy that has come through its script, or is about to die of a fatal signal that has been
// written down, with nothing of the kernel's that it did not have before its first input, goes back
// there: its threads are stopped (stopped_threads.h), its memory is put back (memory_image.h), its
// descriptors and signal handlers are as they were, and it waits on its line to the harness for the
// next script. From there on it does what a copy does that has just been forked and has come to its
// first input, and gets the same descriptors of its own. A fork, the faults of a new address space,
// the start of its threads and its end were most of what a short try cost: a server that took 14 ms
// for 100 inputs takes 4 so, on a machine whose hypervisor shadows page tables.
//
// What is not put back, for no program was seen that minds: its processor time, its limits and its
// names. A copy that can't go back says so, and ends as all do. Who dies may have written anywhere:
// what the way back relies on has a checksum.
#pragma once

#include "harness/player/script.h"

namespace crashreel::player {

// In a copy that was just forked, and has nothing of its own yet. Takes `line`, the socket of
// script.h.
void prepare_to_go_back(int line);

// The program is idle and has had no input yet, of this script. Called by Act (idle.h), under the
// lock, any number of times. Returns once more each time that the copy has come back, when another
// script has begun.
void begin_from_here(const ScriptHeader& script);

// The script is done (called by Act as well), or this signal would end the process; 0: it is done.
// Does not return where the copy goes back. Safe in the handler of a fatal signal.
void go_back(int signal);

// The program asks on which processors it may run, or chooses them: it is not held to one any more
// (stopped_threads.h), until it has gone back.
void give_processors_back();

// In a process that was forked off a copy.
void forget_to_go_back();

}  // namespace crashreel::player
