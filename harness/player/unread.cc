#include "harness/player/unread.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "harness/player/kernel_call.h"

namespace crashreel::player {
namespace {

// Past the next such character; null: there is none.
const char* behind(const char* text, char mark) {
  const char* found = text == nullptr ? nullptr : ::strchr(text, mark);
  return found == nullptr ? nullptr : found + 1;
}

std::uint16_t port_in(const char* text) {
  return static_cast<std::uint16_t>(::strtoull(text, nullptr, 16));
}

// "  0: 0100007F:1B59 0100007F:C350 01 00000000:00000005 ...": number, this end, the other end,
// state, bytes to send, bytes unread; all but the number in hexadecimal digits.
void take_line(const char* line, FoundUnread found) {
  const char* here = behind(behind(line, ':'), ':');
  const char* there = behind(here, ':');
  const char* unread = behind(there, ':');
  if (unread == nullptr) return;
  const std::uint64_t bytes = ::strtoull(unread, nullptr, 16);
  if (bytes != 0) found(port_in(here), port_in(there), bytes);
}

// A listener's line has there how many wait to be accepted, and port 0.
void find_in(const char* path, FoundUnread found) {
  const auto fd = static_cast<int>(own_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC));
  char text[4096];
  std::size_t size = 0;
  while (fd >= 0) {
    const long got = own_syscall(SYS_read, fd, text + size, sizeof text - 1 - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
    text[size] = 0;
    char* line = text;
    for (char* end = ::strchr(line, '\n'); end != nullptr; end = ::strchr(line, '\n')) {
      *end = 0;
      take_line(line, found);
      line = end + 1;
    }
    size = static_cast<std::size_t>(text + size - line);
    ::memmove(text, line, size);
  }
  if (fd >= 0) own_syscall(SYS_close, fd);
}

std::uint16_t port_of(const sockaddr_storage& address) {
  // IPv4 and IPv6 have it at the same place.
  const bool has_port = address.ss_family == AF_INET || address.ss_family == AF_INET6;
  return has_port ? ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port) : 0;
}

}  // namespace

bool is_between(int fd, std::uint16_t own_port, std::uint16_t other_port) {
  sockaddr_storage own = {}, other = {};
  socklen_t own_size = sizeof own, other_size = sizeof other;
  return own_syscall(SYS_getsockname, fd, &own, &own_size) == 0 &&
         own_syscall(SYS_getpeername, fd, &other, &other_size) == 0 && port_of(own) == own_port &&
         port_of(other) == other_port;
}

void take_unread_datagrams(int fd, FoundDatagram found) {
  for (;;) {
    sockaddr_storage from = {};
    socklen_t from_size = sizeof from;
    char nothing;
    const long bytes =
        own_syscall(SYS_recvfrom, fd, &nothing, 1, MSG_DONTWAIT | MSG_TRUNC, &from, &from_size);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return;
    found(port_of(from), static_cast<std::uint64_t>(bytes));
  }
}

bool has_unread_behind(int fd) {
  int bytes = 0;
  return own_syscall(SYS_ioctl, fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

void find_unread(FoundUnread found) {
  find_in("/proc/self/net/tcp", found);
  find_in("/proc/self/net/tcp6", found);
}

}  // namespace crashreel::player
