// Which of the program's sockets is at the other end of one of the player's, and how are both made
// again?
//
// For a copy of an instance that has open sessions: after a fork both processes hold the same
// connections; TCP over loopback alone. And for a program that calls somebody, who is then the
// player. One thread; no allocation.
#pragma once

#include <sys/socket.h>

#include <cstdint>

namespace crashreel::player {

// The player's end of a connection.
struct OwnEnd {
  int fd;
  bool shut;      // nothing is sent there any more
  uint16_t port;  // its own, 0 where it is no TCP; see port_of()
};

uint16_t port_of(int fd);

// What one end of a connection is called, as a number: its port on loopback, or the name that the
// kernel gave a unix socket. 0: it is called in another way, or is not there.
std::uint32_t number_of_name(const sockaddr* address, socklen_t size);
std::uint32_t end_name(int fd);   // this one
std::uint32_t peer_name(int fd);  // the other one
// Of a unix socket that has none: one by which its peer can tell it from others.
void give_name(int fd);

// Which of these ends the program's socket is connected to; -1: none.
int find_own_end(int fd, const OwnEnd* ends, int count);

// Null, or why the connection can't be made again: what was sent there has not all been taken.
const char* find_unread(int fd, const OwnEnd& end);

// A new connection in the place of the old one. Our end gets the old one's number; the program's is
// returned, with the options of `fd` but not yet its number. -1: the kernel refused.
int connect_again(int fd, const OwnEnd& end);

// Connects a socket of the program's, which may not wait for it, to the player. Our end; -1: the
// kernel refused, and errno says why.
int connect_to_us(int fd);

}  // namespace crashreel::player
