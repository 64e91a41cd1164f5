// Which sockets do a program's processes hold, and which datagrams lie unread in them?
//
// Seen in /proc. The kernel tells how much memory a queue of datagrams takes, and not what is in
// it: so each socket is taken hold of (pidfd_getfd(2), as who traces them may) and emptied.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/external/socket_diag.h"
#include "harness/external/tasks.h"

namespace crashreel {

struct HeldSocket {
  pid_t process = 0;
  int fd = -1;  // the process's own number for it
  std::uint64_t inode = 0;
};

std::vector<HeldSocket> sockets_of(const std::vector<TaskSeen>& seen);

// Takes what lies unread in the UDP sockets of these processes, which are not to read any more, and
// calls `found` for each datagram with its sender and its bytes. 0, or the errno value by which the
// kernel refuses to let a socket be taken hold of: it may, and before Linux 5.6 it can't.
using FoundDatagram = std::function<void(const SocketName& from, std::uint64_t bytes)>;
int take_datagrams(const std::vector<TaskSeen>& seen, const FoundDatagram& found);

}  // namespace crashreel
