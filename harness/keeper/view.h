// What does an instance see of the file system?
//
// All that there is, and nothing of it can be written, but: its own folder and what was allowed;
// and what it writes below /tmp, /var/tmp, /run and /dev/shm, over what lies there, which is kept
// apart and is gone with the last process. (Sockets that lie there are none to it.) Needs a mount
// namespace of one's own, and the right to mount in it.
#pragma once

#include "harness/keeper/order.h"
#include "harness/keeper/words.h"

namespace crashreel::keeper {

// A part that can't be had, 0 if all can, and the error that says why, below zero.
struct Missed {
  std::uint32_t part;
  long error;
};

Missed make_view(const Order& order);

// Of the own process namespace, from within. 0, or an error.
long mount_processes();

}  // namespace crashreel::keeper
