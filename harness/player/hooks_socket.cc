// The calls through which a program offers itself and takes in: addresses are moved to free ports
// on loopback, so that many instances run side by side and none is seen from outside. And those by
// which it gives descriptors up: the player's are not among them.

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/calls.h"
#include "harness/player/descriptors.h"
#include "harness/player/idle.h"
#include "harness/player/questions.h"
#include "harness/player/random_devices.h"
#include "harness/player/timers.h"

using namespace crashreel::player;

namespace {

bool is_internet(const sockaddr* address, socklen_t size) {
  return address != nullptr && ((address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) ||
                                (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)));
}

bool is_unix(const sockaddr* address, socklen_t size) {
  return address != nullptr && address->sa_family == AF_UNIX && size > sizeof(sa_family_t);
}

// On a free port of loopback. Of a path: on a name that is no file, so that neither another
// instance nor the program that is in production here is in the way, or is harmed.
int bind_elsewhere(int fd, const sockaddr* asked) {
  sockaddr_storage here = {};
  socklen_t size = sizeof(sa_family_t);
  here.ss_family = asked->sa_family;
  if (asked->sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(here).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof(sockaddr_in);
  } else if (asked->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(here).sin6_addr = in6addr_loopback;
    size = sizeof(sockaddr_in6);
  }
  return CRASHREEL_REAL(bind)(fd, reinterpret_cast<const sockaddr*>(&here), size);
}

// The program's own listeners show the name it asked for, as do the sessions they accepted. Of an
// internet address that is the port: the host stays loopback.
void show_asked(sockaddr* address, socklen_t* size, socklen_t room) {
  const AskedName* asked = asked_name_of(address, *size < room ? *size : room);
  if (asked == nullptr) return;
  const auto* name = reinterpret_cast<const sockaddr*>(&asked->address);
  if (address->sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(address)->sin_port =
        reinterpret_cast<const sockaddr_in*>(name)->sin_port;
  } else if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port =
        reinterpret_cast<const sockaddr_in6*>(name)->sin6_port;
  } else {
    ::memcpy(address, name, asked->size < room ? asked->size : room);
    *size = asked->size;
  }
}

AskedName asked_name(const sockaddr* address, socklen_t size) {
  AskedName asked = {};
  asked.size = size < sizeof asked.address ? size : socklen_t{sizeof asked.address};
  ::memcpy(&asked.address, address, asked.size);
  return asked;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  if (!scheduling() || !(is_internet(address, size) || is_unix(address, size))) {
    return CRASHREEL_REAL(bind)(fd, address, size);
  }
  const int result = bind_elsewhere(fd, address);
  if (result == 0) remember_bound(fd, asked_name(address, size));
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
  const socklen_t room = size == nullptr ? 0 : *size;
  const int result = CRASHREEL_REAL(getsockname)(fd, address, size);
  if (result == 0 && scheduling()) show_asked(address, size, room);
  return result;
}

CRASHREEL_HOOK int getpeername(int fd, sockaddr* __restrict address,
                               socklen_t* __restrict size) noexcept {
  const socklen_t room = size == nullptr ? 0 : *size;
  const int result = CRASHREEL_REAL(getpeername)(fd, address, size);
  if (result != 0 || !scheduling()) return result;
  if (is_own_name(address, size)) *size = sizeof address->sa_family;
  show_called(fd, address, size, room);
  show_peer(fd, address, size, room);
  return result;
}

CRASHREEL_HOOK int connect(int fd, const sockaddr* address, socklen_t size) {
  if (!scheduling() || !(is_internet(address, size) || is_unix(address, size))) {
    return CRASHREEL_REAL(connect)(fd, address, size);
  }
  if (has_datagrams(fd) && is_internet(address, size)) return connect_to_peer(fd, address, size);
  return call(fd, address, size);
}

CRASHREEL_HOOK int close(int fd) {
  if (is_own(fd)) {
    errno = EBADF;
    return -1;
  }
  leave_to_kernel(fd);
  forget_descriptor(fd);
  forget_call(fd);
  forget_questions(fd);
  forget_random_device(fd);
  forget_descriptor_timers(fd, fd);
  return CRASHREEL_REAL(close)(fd);
}

CRASHREEL_HOOK int close_range(unsigned first, unsigned last, int flags) noexcept {
  leave_range_to_kernel(first, last);
  if ((flags & CLOSE_RANGE_CLOEXEC) == 0) forget_random_devices(first, last);
  const unsigned most = INT_MAX;
  if ((flags & CLOSE_RANGE_CLOEXEC) == 0 && first <= most) {
    forget_descriptor_timers(static_cast<int>(first), static_cast<int>(last < most ? last : most));
  }
  return close_all_but_own(first, last, flags);
}

CRASHREEL_HOOK void closefrom(int first) noexcept {
  ::close_range(first < 0 ? 0 : static_cast<unsigned>(first), ~0U, 0);
}

}  // extern "C"
