// Which of the program's processes is fed?
//
// The first one, mostly. But where that only looks after others (a master with workers) it waits,
// once it has started, for nothing but signals: then it hands over to the first of those that it
// has forked until then. From there on that one finds itself idle and performs the steps; the first
// process waits aside, and further ones are stopped, for an input that any of several may take has
// no one answer. When the fed process is through, or dies, the first one ends in the same way. Of
// one thread each, until then. Signals of the script go to who is fed.
#pragma once

#include <sys/types.h>

#include "harness/player/script.h"

namespace crashreel::player {

void prepare_handover(ScriptHeader* script);

// Around the program's fork(). The child is told whether it may come to be fed; if not, it is none
// of ours.
void before_fork();
void after_fork(pid_t child);
bool may_be_fed();
// Or whether it is an attendant (attendants.h), which the first process looks after.
bool attend();

// This process waits, and does not act: it is not its turn. Under the scheduler's lock.
bool is_aside();

// The program is idle. True: another process acts now.
bool hand_over();

// In the fed process or an attendant, which is about to end. Safe in a signal handler.
void tell_first_process();
// In the first one, when something woke it: does not return if the fed one has ended, or an
// attendant has died.
void follow_fed_process();

}  // namespace crashreel::player
