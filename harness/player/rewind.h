// How does one copy of a fork server do for many?
//
// A copy that has come through its script, or is about to die of a fatal signal that has been
// written down, of one thread, with nothing of the kernel's that it did not have when it began,
// goes back there: its memory is put back (memory_image.h), its descriptors and signal handlers are
// as they were, and it waits on its line to the harness for the next script. From there on it does
// what a copy does that has just been forked, and gets the same descriptors of its own. A fork, the
// faults of a new address space and its end were most of what a short try cost: a server that took
// 14 ms for 100 inputs takes 4 so, on a machine whose hypervisor shadows page tables.
//
// What is not put back, for no program was seen that minds: its processor time, its limits and its
// name. A copy that can't go back says so, and ends as all do. Who dies may have written anywhere:
// what the way back relies on has a checksum.
#pragma once

namespace crashreel::player {

// In a copy that was just forked, before anything is made for it. Takes `line`, the socket of
// script.h. Returns the descriptor of the script that is to be performed: `script`, and again each
// time that the copy has come back.
int begin_from_here(int line, int script);

// The script is done, or this signal would end the process; 0: it is done. Does not return where
// the copy goes back. Safe in the handler of a fatal signal.
void go_back(int signal);

// In a process that was forked off a copy.
void forget_to_go_back();

}  // namespace crashreel::player
