// Where does an instance become a fork server?
//
// At the earliest of its first thread, its first fork, and the moment it would take its first
// input: then all of its start is behind it and no thread has to be copied, so that each instance
// starts its own. There the process stops for good and makes copies of itself, one for each script
// that the harness sends (script.h has the protocol). A copy gets descriptors of its own
// (shared_descriptors.h) and goes on as if it had been started alone.
#pragma once

namespace crashreel::player {

// Takes the harness's socket from the environment; without one there is no fork point.
void prepare_fork_point();

// Returns at once where there is none, or it was passed before; in each instance, again; and, where
// the program can't be forked, once the harness has been told why.
void reach_fork_point();

}  // namespace crashreel::player
