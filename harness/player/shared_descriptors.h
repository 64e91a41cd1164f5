// What of the program's descriptors would an instance share with the one it was forked from, and
// with all others that came from there?
//
// After a fork both processes have the same epoll sets, listeners, pipes and file positions, not
// copies of them. The fork server takes stock of these once; each instance then makes its own and
// puts them under the same numbers. Connections to the player are made again with both their ends;
// what can't be (a connection to somebody else, a watch on files) makes a fork server impossible.
// Knows descriptors, not scripts. One thread; no allocation.
#pragma once

#include "harness/player/connections.h"

namespace crashreel::player {

// Null: all can be made again. Else why not, in a few words. The player's own are not among them,
// but for these ends, each of which must have its other end among the program's.
const char* take_stock(const OwnEnd* ends, int count);

// In an instance. False: the kernel refused one.
bool make_own();

}  // namespace crashreel::player
