// What has been sent to the program, and lies unread in the kernel?
#pragma once

#include <cstdint>

namespace crashreel::player {

// A connection's ports, that of the end at which bytes lie first, and how many they are.
using FoundUnread = void (*)(std::uint16_t here, std::uint16_t there, std::uint64_t bytes);

// Calls `found` for each connection of this machine at one end of which bytes lie unread.
void find_unread(FoundUnread found);

// Does this socket connect these two?
bool is_between(int fd, std::uint16_t own_port, std::uint16_t other_port);

}  // namespace crashreel::player
