// Whose datagram is it?
//
// On a datagram socket without a connection each peer's address is a session of its own: inbound
// where the peer spoke first, outbound where the program did. One datagram is one input, an empty
// one too. The kernel tells the peer only to those who ask, so datagrams are always received with
// a question for it; the program sees what it would have seen without. Leaves errno alone and may
// run in a signal handler.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "capture/preload/hot_state.h"

namespace crashreel {

// socket() made `fd`, or its connection was dissolved.
void datagram_socket_made(int fd);

// The last descriptor of the socket whose own number this is was closed.
void datagram_socket_closed(std::uint32_t own_number);

// Is `fd` such a socket?
inline bool takes_datagrams(int fd) {
  return is_on(g_hot.has_datagrams) && g_hot.descriptors.get(fd).kind == DescriptorKind::kDatagrams;
}

// In place of the real calls, for such a socket.
ssize_t receive_datagram(int fd, void* buffer, std::size_t size, int flags, sockaddr* address,
                         socklen_t* address_size);
ssize_t receive_datagram(int fd, msghdr* message, int flags);
int receive_datagrams(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout);

// The program sent something to this address.
void datagram_sent(int fd, const void* address, socklen_t size);

}  // namespace crashreel
