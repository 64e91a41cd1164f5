// The calls that make sockets and connections, and that tell what became of one.
#include <sys/socket.h>

#include "capture/preload/datagrams.h"
#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"

namespace crashreel {

void prepare_socket_hooks() {
  CRASHREEL_REAL(socket);
  CRASHREEL_REAL(connect);
  CRASHREEL_REAL(getsockopt);
}

}  // namespace crashreel

CRASHREEL_HOOK int socket(int family, int type, int protocol) noexcept {
  const int fd = CRASHREEL_REAL(socket)(family, type, protocol);
  if (fd >= 0) crashreel::descriptors_closing(fd, fd);
  const bool has_datagrams = (type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == SOCK_DGRAM;
  if (has_datagrams) crashreel::datagram_socket_made(fd);
  return fd;
}

CRASHREEL_HOOK int connect(int fd, const sockaddr* address, socklen_t size) {
  const int result = CRASHREEL_REAL(connect)(fd, address, size);
  crashreel::connect_returned(fd, address, size, result);
  return result;
}

// How a program learns what became of a connection that it did not wait for.
CRASHREEL_HOOK int getsockopt(int fd, int level, int option, void* value,
                              socklen_t* size) noexcept {
  const int result = CRASHREEL_REAL(getsockopt)(fd, level, option, value, size);
  if (result == 0 && level == SOL_SOCKET && option == SO_ERROR && *size == sizeof(int)) {
    const int error = *static_cast<const int*>(value);
    if (error != 0) crashreel::connect_failed(fd, error);
  }
  return result;
}
