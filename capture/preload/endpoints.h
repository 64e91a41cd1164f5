// How is a session written down?
//
// As the line of text that an opening carries: "TRANSPORT DIRECTION LOCAL [PEER] [fd:N]", in words
// that hold no spaces. The kernel is asked for addresses that are not given; whether a session is
// recorded is not decided here.
#pragma once

#include <sys/socket.h>

#include <cstddef>

namespace crashreel {

// Long enough for every endpoint: a unix name, all of it escaped.
inline constexpr std::size_t kMostEndpointText = 448;
inline constexpr std::size_t kMostOpeningText = 2 * kMostEndpointText + 64;

enum class Transport { kNone, kTcp, kUdp, kUnix, kUnixSeqpacket, kUnixDatagram };

// kNone: not a socket, or of a kind that is not recorded. May change errno.
Transport transport_of(int fd);

inline bool has_datagrams(Transport transport) {
  return transport == Transport::kUdp || transport == Transport::kUnixDatagram;
}

struct Address {
  const sockaddr* bytes = nullptr;
  socklen_t size = 0;
};

// "127.0.0.1:6379", "[::1]:6379", a path, "@name" of the abstract kind, "unnamed" for a unix socket
// without a name. Returns the length; 0 for a family that is none of these. Not terminated.
std::size_t format_endpoint(const sockaddr* address, socklen_t size, char* text,
                            std::size_t capacity);

struct Opening {
  bool outbound = false;
  bool tls = false;
  const Address* peer = nullptr;  // nullptr: whom the kernel names as the other side, if anybody
  int inherited_fd = -1;          // -1: not inherited
};

// Returns the length. May change errno.
std::size_t describe_socket(int fd, Transport transport, const Opening& opening, char* text,
                            std::size_t capacity);

// Of a pipe or FIFO that is read: "pipe inbound /run/feed", "pipe inbound fd:3", "stdin inbound".
std::size_t describe_pipe(int fd, int inherited_fd, char* text, std::size_t capacity);

}  // namespace crashreel
