#include "harness/player/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/descriptors.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {
namespace {

struct Name {
  sockaddr_storage address = {};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }

  // As a number that both families have; 0: another family.
  in_port_t port() const {
    if (address.ss_family == AF_INET)
      return reinterpret_cast<const sockaddr_in*>(&address)->sin_port;
    if (address.ss_family == AF_INET6) {
      return reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port;
    }
    return 0;
  }
};

int unread_bytes(int fd) {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : 0;
}

// Somewhere on loopback, or under a name of no file, for one connection.
int listen_anywhere(int domain, Name* name) {
  const int fd = ::socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  name->address.ss_family = static_cast<sa_family_t>(domain);
  socklen_t size = sizeof(sa_family_t);
  if (domain == AF_INET) {
    auto* address = reinterpret_cast<sockaddr_in*>(&name->address);
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof *address;
  } else if (domain == AF_INET6) {
    auto* address = reinterpret_cast<sockaddr_in6*>(&name->address);
    address->sin6_addr = in6addr_loopback;
    size = sizeof *address;
  }
  const bool good = CRASHREEL_REAL(bind)(fd, name->get(), size) == 0 &&
                    CRASHREEL_REAL(listen)(fd, 1) == 0 &&
                    CRASHREEL_REAL(getsockname)(fd, name->get(), &name->size) == 0;
  if (good) return fd;
  CRASHREEL_REAL(close)(fd);
  return -1;
}

// Our end under its old number. False: there is none any more.
bool place(int made, const OwnEnd& end) {
  if (made < 0) return false;
  const bool placed = CRASHREEL_REAL(dup3)(made, end.fd, O_CLOEXEC) == end.fd;
  CRASHREEL_REAL(close)(made);
  if (placed) prepare_own_end(end.fd);
  return placed;
}

}  // namespace

uint16_t port_of(int fd) {
  Name name;
  return CRASHREEL_REAL(getsockname)(fd, name.get(), &name.size) == 0 ? name.port() : 0;
}

std::uint32_t number_of_name(const sockaddr* address, socklen_t size) {
  constexpr std::uint32_t kUnix = 1 << 24;
  constexpr std::uint32_t kIpv6 = 1 << 25;
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    const auto* name = reinterpret_cast<const sockaddr_in*>(address);
    return name->sin_addr.s_addr == htonl(INADDR_LOOPBACK) ? ntohs(name->sin_port) : 0;
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const auto* name = reinterpret_cast<const sockaddr_in6*>(address);
    const in6_addr& host = name->sin6_addr;
    if (::memcmp(&host, &in6addr_loopback, sizeof host) == 0) return kIpv6 | ntohs(name->sin6_port);
    const bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(&host) != 0;
    in_addr_t mapped = 0;
    ::memcpy(&mapped, host.s6_addr + 12, sizeof mapped);
    return is_ipv4 && mapped == htonl(INADDR_LOOPBACK) ? ntohs(name->sin6_port) : 0;
  }
  // unix(7), autobind: a zero byte and five hexadecimal digits.
  constexpr socklen_t kDigitsAt = offsetof(sockaddr_un, sun_path) + 1;
  constexpr socklen_t kDigits = 5;
  if (address->sa_family != AF_UNIX || size != kDigitsAt + kDigits) return 0;
  char digits[kDigits + 1] = {};
  ::memcpy(digits, reinterpret_cast<const char*>(address) + kDigitsAt, kDigits);
  char* end = nullptr;
  const unsigned long number = ::strtoul(digits, &end, 16);
  const bool given = reinterpret_cast<const sockaddr_un*>(address)->sun_path[0] == 0;
  return given && end == digits + kDigits ? kUnix | static_cast<std::uint32_t>(number) : 0;
}

std::uint32_t end_name(int fd) {
  Name name;
  const bool known = CRASHREEL_REAL(getsockname)(fd, name.get(), &name.size) == 0;
  return known ? number_of_name(name.get(), name.size) : 0;
}

std::uint32_t peer_name(int fd) {
  Name name;
  const bool known = CRASHREEL_REAL(getpeername)(fd, name.get(), &name.size) == 0;
  return known ? number_of_name(name.get(), name.size) : 0;
}

void give_name(int fd) {
  sockaddr any = {};
  any.sa_family = AF_UNIX;
  CRASHREEL_REAL(bind)(fd, &any, sizeof any.sa_family);
}

int find_own_end(int fd, const OwnEnd* ends, int count) {
  Name peer;
  if (CRASHREEL_REAL(getpeername)(fd, peer.get(), &peer.size) != 0 || peer.port() == 0) return -1;
  for (int i = 0; i < count; ++i) {
    if (ends[i].port == peer.port()) return i;
  }
  return -1;
}

const char* find_unread(int fd, const OwnEnd& end) {
  const bool unread = unread_bytes(fd) != 0 || unread_bytes(end.fd) != 0;
  return unread ? "a connection holds bytes that nobody has read yet" : nullptr;
}

int connect_to_us(int fd) {
  Name name;
  const int listener = listen_anywhere(option(fd, SOL_SOCKET, SO_DOMAIN), &name);
  if (listener < 0) return -1;
  send_at_once(fd);
  int ours = -1;
  // On loopback the connection is there when it is accepted, also where connect() does not wait.
  if (CRASHREEL_REAL(connect)(fd, name.get(), name.size) == 0 || errno == EINPROGRESS) {
    ours = CRASHREEL_REAL(accept4)(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  }
  CRASHREEL_REAL(close)(listener);
  ours = move_out_of_sight(ours);
  if (ours >= 0) prepare_own_end(ours);
  return ours;
}

int connect_again(int fd, const OwnEnd& end) {
  Name name;
  const int domain = option(fd, SOL_SOCKET, SO_DOMAIN);
  const int listener = listen_anywhere(domain, &name);
  if (listener < 0) return -1;
  const int ours = ::socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int theirs = -1;
  if (ours >= 0 && CRASHREEL_REAL(connect)(ours, name.get(), name.size) == 0) {
    theirs = CRASHREEL_REAL(accept4)(listener, nullptr, nullptr, SOCK_CLOEXEC);
  }
  CRASHREEL_REAL(close)(listener);
  const bool placed = place(ours, end);
  if (theirs < 0 || !placed) return -1;
  ::fcntl(end.fd, F_SETFL, O_RDWR | O_NONBLOCK);
  if (end.shut) CRASHREEL_REAL(shutdown)(end.fd, SHUT_WR);
  copy_option(fd, theirs, IPPROTO_TCP, TCP_NODELAY);
  copy_option(fd, theirs, SOL_SOCKET, SO_KEEPALIVE);
  send_at_once(theirs);
  return theirs;
}

}  // namespace crashreel::player
