// Which processes serve sessions that the first one took, and have they done what there was to do?
//
// A server that forks for each connection goes on taking them in its first process, which performs
// all steps. What it forks from its first step on is an attendant: it waits by the same hooks, but
// where it would act it says on a desk that both see that it is quiet, and sleeps. The first
// process acts only when all attendants are quiet or have ended. What one of them does may give
// another something to do (a pipe, a signal), so they are asked in rounds, until nobody has moved
// from the end of one round to the end of the next. The clock is the first process's, and the
// attendants' deadlines count there; a crash of theirs ends the try.
//
// Of one thread each when they are forked. What an attendant forks is left to itself, and its calls
// to dependencies are refused. Under the scheduler's lock, but where something else is said.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace crashreel::player {

// Around the program's fork(), in the first process, whose wait `first_wake_fd` ends; no lock.
// False: there is no room for one more, or there are no descriptors.
bool expect_attendant(int first_wake_fd);
void take_attendant(pid_t child);  // < 0: there was no fork
// In the child: its own wake_fd, what else was the player's is closed. -1: nobody expects it.
int become_attendant();

// This process is one.
bool attends();
// The first process has some; any thread.
bool has_attendants();
bool is_attendant(pid_t pid);

// In the first process, when it waits itself.
bool attendants_are_quiet();
std::uint64_t attendants_deadline();
// Readable when one of them has ended; -1: there are none.
int attendants_fd();

// In an attendant: what it is asked. A round is taken before looking whether there is anything to
// do, and the clock after it.
std::uint64_t round_asked();
std::uint64_t first_process_now_ns();
void say_quiet(std::uint64_t round, std::uint64_t deadline_ns);

// In any of them: this process goes on. Any thread.
void note_move();

}  // namespace crashreel::player
