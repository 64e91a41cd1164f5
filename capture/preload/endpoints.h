// How is an accepted connection written down?
//
// As the line of text that an opening carries: "tcp inbound LOCAL PEER" or "unix inbound PATH". The
// kernel is asked for the two addresses; whether the connection is recorded is not decided here.
#pragma once

#include <sys/socket.h>

#include <cstddef>

namespace crashreel {

// Long enough for two IPv6 endpoints with ports, and for every unix path.
inline constexpr std::size_t kMostEndpointText = 192;

// "127.0.0.1:6379", "[::1]:6379", a path, "@name" of the abstract kind. Returns the length; 0 for
// a family that is none of these, and for a unix socket without a name. Not terminated.
std::size_t format_endpoint(const sockaddr* address, socklen_t size, char* text,
                            std::size_t capacity);

// Returns the length; 0 when `fd` is no connection of a kind that can be replayed. May change
// errno.
std::size_t describe_accepted(int fd, char* text, std::size_t capacity);

}  // namespace crashreel
