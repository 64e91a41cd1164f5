// Where does an instance become a fork server?
//
// At its fork point, the earliest of its first thread, its first fork, and the moment it would take
// its first input: then all of its start is behind it and no thread has to be copied, so that each
// instance starts its own. There the process stops for good and makes copies of itself, one for
// each script that the harness sends (script.h has the protocol). A copy gets descriptors of its
// own (shared_descriptors.h) and goes on as if it had been started alone.
//
// Or at a checkpoint, after the last step of a script that holds: its copies go on from there with
// connections of their own. What other threads it has are not copied. They all wait, and as long as
// nothing would end their waits they are not missed; when something would, the try ends and has to
// be run without the checkpoint (idle.h).
#pragma once

#include "harness/player/connections.h"

namespace crashreel::player {

// Takes the harness's socket from the environment; without one there is no fork point.
void prepare_fork_point();

// Returns at once where there is none, or it was passed before; in each instance, again; and, where
// the program can't be forked, once the harness has been told why.
void reach_fork_point();

// All steps of a script that holds were performed and the program is idle: stops here. `ends` are
// the player's ends of the open sessions. True in each copy; false, once the harness has been told
// why, where there can be none.
bool reach_checkpoint(const OwnEnd* ends, int count);

}  // namespace crashreel::player
