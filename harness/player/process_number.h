// What is the number of this process, as the program knows it?
//
// A copy of a fork server goes by the number of the server, which may have asked for it on its way:
// a program that compares the two (a log tells children apart by it, a generator of random bytes
// starts anew where it has changed) would otherwise do something else in a copy than in a start of
// its own. What the program says of that number is meant for the copy. Its children have their own,
// and know their parent by that one. The kernel and the player go by the real numbers. libc only.
#pragma once

#include <sys/types.h>

namespace crashreel::player {

// In a copy that was just made, of this process.
void take_number_of(pid_t original);

// This process's own, as the kernel has it.
pid_t real_process();

// Both leave all other numbers as they are, and in a process that is no copy every one. What is
// meant may be a group, by its number below zero.
pid_t number_shown(pid_t real);
pid_t number_meant(pid_t shown);

}  // namespace crashreel::player
