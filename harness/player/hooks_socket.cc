// The calls through which a program offers itself and takes in: addresses are moved to free ports
// on loopback, so that many instances run side by side and none is seen from outside; reads and
// accepts that would block go through the scheduler.

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/descriptors.h"
#include "harness/player/idle.h"

using namespace crashreel::player;

namespace {

bool is_readable(int fd) {
  pollfd descriptor = {fd, POLLIN, 0};
  return CRASHREEL_REAL(poll)(&descriptor, 1, 0) != 0;
}

int look_readable(void* fd) {
  return is_readable(*static_cast<int*>(fd)) ? 1 : 0;
}

bool may_block(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

// Comes back when a read of fd will not block, or was never going to: false when a signal handler
// ran instead (errno is EINTR). Only descriptors that can keep a reader waiting are looked at.
bool wait_until_readable(int fd) {
  if (!scheduling()) return true;
  struct stat status;
  if (::fstat(fd, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) return true;
  if (is_readable(fd) || !may_block(fd)) return true;
  pollfd descriptor = {fd, POLLIN, 0};
  return wait_for_descriptors(&descriptor, 1, kForever, look_readable, &fd) != Woken::kInterrupted;
}

bool is_stream_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

std::uint16_t port_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
}

void set_port(sockaddr* address, std::uint16_t port) {
  if (address->sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  } else if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
  }
}

bool is_internet(const sockaddr* address, socklen_t size) {
  return address != nullptr && ((address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) ||
                                (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)));
}

int bind_on_loopback(int fd, const sockaddr* asked) {
  if (asked->sa_family == AF_INET) {
    sockaddr_in here = {};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return CRASHREEL_REAL(bind)(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here);
  }

  sockaddr_in6 here = {};
  here.sin6_family = AF_INET6;
  here.sin6_addr = in6addr_loopback;
  return CRASHREEL_REAL(bind)(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here);
}

// The program's own listeners show the port it asked for, as do the sessions they accepted.
void show_asked_port(sockaddr* address, socklen_t* size) {
  if (address == nullptr || size == nullptr || !is_internet(address, *size)) return;
  const std::uint16_t asked = asked_port_of_real(port_of(address));
  if (asked != 0) set_port(address, asked);
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  if (!scheduling() || !is_internet(address, size) || !is_stream_socket(fd)) {
    return CRASHREEL_REAL(bind)(fd, address, size);
  }
  const int result = bind_on_loopback(fd, address);
  if (result == 0) remember_bound(fd, port_of(address));
  return result;
}

CRASHREEL_HOOK int listen(int fd, int backlog) noexcept {
  const int result = CRASHREEL_REAL(listen)(fd, backlog);
  if (result == 0 && scheduling()) remember_listening(fd);
  return result;
}

CRASHREEL_HOOK int getsockname(int fd, sockaddr* __restrict address,
                               socklen_t* __restrict size) noexcept {
  const int result = CRASHREEL_REAL(getsockname)(fd, address, size);
  if (result == 0 && scheduling()) show_asked_port(address, size);
  return result;
}

CRASHREEL_HOOK int accept(int fd, sockaddr* __restrict address, socklen_t* __restrict size) {
  if (!wait_until_readable(fd)) return -1;
  return CRASHREEL_REAL(accept)(fd, address, size);
}

CRASHREEL_HOOK int accept4(int fd, sockaddr* __restrict address, socklen_t* __restrict size,
                           int flags) {
  if (!wait_until_readable(fd)) return -1;
  return CRASHREEL_REAL(accept4)(fd, address, size, flags);
}

CRASHREEL_HOOK ssize_t read(int fd, void* buffer, size_t size) {
  if (!wait_until_readable(fd)) return -1;
  return CRASHREEL_REAL(read)(fd, buffer, size);
}

CRASHREEL_HOOK ssize_t readv(int fd, const iovec* parts, int count) {
  if (!wait_until_readable(fd)) return -1;
  return CRASHREEL_REAL(readv)(fd, parts, count);
}

CRASHREEL_HOOK ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  if ((flags & MSG_DONTWAIT) == 0 && !wait_until_readable(fd)) return -1;
  return CRASHREEL_REAL(recv)(fd, buffer, size, flags);
}

CRASHREEL_HOOK ssize_t recvfrom(int fd, void* __restrict buffer, size_t size, int flags,
                                sockaddr* __restrict address, socklen_t* __restrict length) {
  if ((flags & MSG_DONTWAIT) == 0 && !wait_until_readable(fd)) return -1;
  return CRASHREEL_REAL(recvfrom)(fd, buffer, size, flags, address, length);
}

CRASHREEL_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  if ((flags & MSG_DONTWAIT) == 0 && !wait_until_readable(fd)) return -1;
  return CRASHREEL_REAL(recvmsg)(fd, message, flags);
}

CRASHREEL_HOOK int close(int fd) {
  if (is_own(fd)) {
    errno = EBADF;
    return -1;
  }
  forget_descriptor(fd);
  return CRASHREEL_REAL(close)(fd);
}

}  // extern "C"
