// Where does an instance become a fork server?
//
// At its fork point, the earliest of its first thread, its first fork, and the moment it would take
// its first input: then all of its start is behind it and no thread has to be copied, so that each
// instance starts its own. There the process stops for good and makes copies of itself, one for
// each script that the harness sends (script.h has the protocol). A copy gets descriptors of its
// own (shared_descriptors.h) and goes on as if it had been started alone, under the number of the
// process that it was copied from (process_number.h).
//
// Checkpoints are left behind on the way: at a mark of its script an instance makes a copy of
// itself that is a fork server from there on, and goes on. Copies of a checkpoint have connections
// of their own, but none of the program's other threads. All of those wait, and as long as nothing
// would end their waits they are not missed; when something would, the try ends and has to be run
// without the checkpoint (idle.h).
#pragma once

#include <cstdint>

#include "harness/player/connections.h"
#include "harness/player/script.h"

namespace crashreel::player {

// Takes the harness's socket from the environment; without one there is no fork point.
void prepare_fork_point();

// Returns at once where there is none, or it was passed before; in each instance, again; and, where
// the program can't be forked, once the harness has been told why.
void reach_fork_point();

// The program is idle at this mark of its script; `ends` are the player's ends of the open
// sessions. Returns false in the instance itself, whether or not there is a checkpoint now, and
// true in each of that checkpoint's copies.
bool leave_checkpoint(std::uint32_t mark, const OwnEnd* ends, int count,
                      const ScriptHeader& script);

// In a child of the program's: a copy of it alone would lack the process that looks after it.
void leave_no_checkpoints();

}  // namespace crashreel::player
