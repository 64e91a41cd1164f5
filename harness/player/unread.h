// What has been sent to the program, and lies unread in the kernel?
//
// Asked at a try's end, which may be a crash: whatever is called here may be called in a handler.
#pragma once

#include <cstdint>

namespace crashreel::player {

// A connection's ports, that of the end at which bytes lie first, and how many they are.
using FoundUnread = void (*)(std::uint16_t here, std::uint16_t there, std::uint64_t bytes);

// Calls `found` for each connection of this machine at one end of which bytes lie unread.
void find_unread(FoundUnread found);

// Takes what lies unread in this socket of the program's, which is not to be read any more, and
// calls `found` for each datagram with its sender's port and its bytes.
using FoundDatagram = void (*)(std::uint16_t port, std::uint64_t bytes);
void take_unread_datagrams(int fd, FoundDatagram found);

// Has the program not yet read all that was sent from this end of a unix connection?
bool has_unread_behind(int fd);

// Does this socket connect these two?
bool is_between(int fd, std::uint16_t own_port, std::uint16_t other_port);

}  // namespace crashreel::player
