// Messages with descriptors, over the sockets that lead to the harness.
#pragma once

#include <stddef.h>
#include <sys/types.h>

namespace crashreel::player {

inline constexpr int kMostPassed = 3;

// As sendmsg(2); at most kMostPassed descriptors, which stay the caller's.
ssize_t send_with(int socket, const void* bytes, size_t size, const int* descriptors, int count);

// As recvmsg(2), but for interruptions; those that did not come are -1.
struct Passed {
  int descriptors[kMostPassed];
};
ssize_t receive_with(int socket, void* bytes, size_t size, Passed* passed);

}  // namespace crashreel::player
