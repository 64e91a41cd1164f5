// Whom does the program ask by datagrams, and who answers?
//
// As with connections (calls.h): a socket's first datagram to a peer, or its connect(), takes the
// first session of the script that the program began with the same port by datagrams, and the
// player is that peer. Its datagrams seem to come from whom the program asked. Where no session is
// left the datagram is lost, as datagrams may be, and counted. Who spoke first, and the program's
// own sockets, are answered as they are. No datagram leaves the process's loopback.
#pragma once

#include <sys/socket.h>

namespace crashreel::player {

struct RealPeer {
  sockaddr_storage address;
  socklen_t size;
  bool is_nobody;
};

// Who is at this internet address, for a socket for datagrams. False: errno says why not. Any
// thread.
bool find_peer(int fd, const sockaddr* address, socklen_t size, RealPeer* peer);
// As connect(2) of such a socket.
int connect_to_peer(int fd, const sockaddr* address, socklen_t size);

// A peer's address as the kernel has told it, cut to `room`: as the program believes it to be.
void show_peer(int fd, sockaddr* address, socklen_t* size, socklen_t room);

// Whether a socket has asked anybody: then it can't be made again.
bool has_asked(int fd);
void forget_questions(int fd);

}  // namespace crashreel::player
