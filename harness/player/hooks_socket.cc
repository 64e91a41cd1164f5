// The calls through which a program offers itself and takes in: addresses are moved to free ports
// on loopback, so that many instances run side by side and none is seen from outside. And those by
// which it gives descriptors up: the player's are not among them.

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/descriptors.h"
#include "harness/player/fork_point.h"
#include "harness/player/idle.h"
#include "harness/player/random_devices.h"

using namespace crashreel::player;

namespace {

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
  if (!scheduling() || !is_internet(address, size)) {
    return CRASHREEL_REAL(bind)(fd, address, size);
  }
  const int result = bind_on_loopback(fd, address);
  if (result == 0) remember_bound(fd, port_of(address));
  return result;
}

CRASHREEL_HOOK int listen(int fd, int backlog) noexcept {
  if (scheduling()) send_at_once(fd);
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

CRASHREEL_HOOK int close(int fd) {
  if (is_own(fd)) {
    errno = EBADF;
    return -1;
  }
  forget_descriptor(fd);
  forget_random_device(fd);
  return CRASHREEL_REAL(close)(fd);
}

CRASHREEL_HOOK int close_range(unsigned first, unsigned last, int flags) noexcept {
  return close_all_but_own(first, last, flags);
}

CRASHREEL_HOOK void closefrom(int first) noexcept {
  close_all_but_own(first < 0 ? 0 : static_cast<unsigned>(first), ~0U, 0);
}

CRASHREEL_HOOK pid_t fork() noexcept {
  if (scheduling()) reach_fork_point();
  return CRASHREEL_REAL(fork)();
}

// A child that shares our memory would share the tables of descriptors and threads as well.
CRASHREEL_HOOK pid_t vfork() noexcept {
  return ::fork();
}

}  // extern "C"
