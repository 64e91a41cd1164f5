// Messages with descriptors, between crashreel and what it has started.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <span>

#include "capture/base/owned_fd.h"

namespace crashreel {

inline constexpr std::size_t kMostPassed = 3;
using Passed = std::array<OwnedFd, kMostPassed>;  // in the order in which they were given

// As one message over a SOCK_SEQPACKET socket, with at most kMostPassed descriptors, which stay the
// caller's. False: errno says why.
bool send_message(int socket, const void* bytes, std::size_t size,
                  std::span<const int> descriptors);

// The next message, and what came with it; as recvmsg(2) with these flags, but for interruptions.
ssize_t receive_message(int socket, void* bytes, std::size_t size, Passed& passed, int flags = 0);

}  // namespace crashreel
