// The calls that take in: what would block goes through the scheduler (when_ready.h), and what is
// lent comes first (bypass.h).

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/idle.h"
#include "harness/player/questions.h"
#include "harness/player/random.h"
#include "harness/player/random_devices.h"
#include "harness/player/when_ready.h"

using namespace crashreel::player;

namespace {

// Files and directories are always ready, however long they take.
bool keeps_readers_waiting(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// For what is no socket.
template <typename Operation>
ssize_t read_other(int fd, Operation operation) {
  return may_block(fd) && keeps_readers_waiting(fd) ? when_ready(fd, POLLIN, operation)
                                                    : operation();
}

// What is lent, else what the kernel has.
template <typename Operation>
ssize_t take_in(int fd, Parts parts, int flags, Operation operation) {
  if (!scheduling()) return operation(flags);
  ssize_t result = 0;
  if (read_lent(fd, parts, flags, &result)) return result;
  result = without_waiting(fd, POLLIN, flags, operation, {parts, flags});
  if (result > 0 && (flags & MSG_PEEK) == 0) note_read(fd, static_cast<std::size_t>(result));
  return result;
}

// MSG_WAITALL: everything, or what there was before the end or the trouble.
ssize_t receive_all(int fd, char* buffer, std::size_t size, int flags) {
  std::size_t got = 0;
  while (got < size) {
    const iovec rest = part_of(buffer + got, size - got);
    const ssize_t part = take_in(fd, {&rest, 1}, flags & ~MSG_WAITALL, [&](int asked) {
      return CRASHREEL_REAL(recv)(fd, buffer + got, size - got, asked);
    });
    if (part <= 0) return got > 0 ? static_cast<ssize_t>(got) : part;
    got += static_cast<std::size_t>(part);
  }
  return static_cast<ssize_t>(got);
}

template <typename Operation>
int take_connection(int fd, sockaddr* address, socklen_t* size, Operation operation) {
  if (!scheduling()) return operation();
  const int made =
      may_block(fd) ? static_cast<int>(when_ready(fd, POLLIN, operation)) : operation();
  if (made < 0) return made;
  note_connection(made);
  if (is_own_name(address, size)) *size = sizeof address->sa_family;
  return made;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int accept(int fd, sockaddr* __restrict address, socklen_t* __restrict size) {
  const auto real = CRASHREEL_REAL(accept);
  return take_connection(fd, address, size, [&] { return real(fd, address, size); });
}

CRASHREEL_HOOK int accept4(int fd, sockaddr* __restrict address, socklen_t* __restrict size,
                           int flags) {
  const auto real = CRASHREEL_REAL(accept4);
  return take_connection(fd, address, size, [&] { return real(fd, address, size, flags); });
}

CRASHREEL_HOOK ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  if ((flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0 && scheduling()) {
    return receive_all(fd, static_cast<char*>(buffer), size, flags);
  }
  const iovec all = part_of(buffer, size);
  return take_in(fd, {&all, 1}, flags,
                 [&](int asked) { return CRASHREEL_REAL(recv)(fd, buffer, size, asked); });
}

CRASHREEL_HOOK ssize_t recvfrom(int fd, void* __restrict buffer, size_t size, int flags,
                                sockaddr* __restrict address, socklen_t* __restrict length) {
  const socklen_t room = length == nullptr ? 0 : *length;
  const iovec all = part_of(buffer, size);
  if (length != nullptr) *length = 0;  // what is lent comes from nobody, as from any connection
  const ssize_t result = take_in(fd, {&all, 1}, flags, [&](int asked) {
    if (length != nullptr) *length = room;
    return CRASHREEL_REAL(recvfrom)(fd, buffer, size, asked, address, length);
  });
  if (result < 0 && length != nullptr) *length = room;
  if (result < 0 || !scheduling()) return result;
  if (is_own_name(address, length)) *length = 0;
  show_peer(fd, address, length, room);
  return result;
}

CRASHREEL_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const msghdr asked_for = *message;
  message->msg_namelen = 0;  // as of what is lent
  message->msg_controllen = 0;
  message->msg_flags = 0;
  const Parts parts = {message->msg_iov, message->msg_iovlen};
  const ssize_t result = take_in(fd, parts, flags, [&](int asked) {
    *message = asked_for;
    return CRASHREEL_REAL(recvmsg)(fd, message, asked);
  });
  if (result < 0) *message = asked_for;
  if (result < 0 || !scheduling()) return result;
  auto* name = static_cast<sockaddr*>(message->msg_name);
  if (is_own_name(name, &message->msg_namelen)) message->msg_namelen = 0;
  show_peer(fd, name, &message->msg_namelen, asked_for.msg_namelen);
  return result;
}

CRASHREEL_HOOK ssize_t read(int fd, void* buffer, size_t size) {
  const auto real = CRASHREEL_REAL(read);
  if (is_random_device(fd) && serves_random()) {
    draw(buffer, size);
    return static_cast<ssize_t>(size);
  }
  if (!scheduling() || size == 0) return real(fd, buffer, size);
  const ssize_t result = ::recv(fd, buffer, size, 0);
  if (!is_no_socket(result)) return result;
  return read_other(fd, [&] { return real(fd, buffer, size); });
}

CRASHREEL_HOOK ssize_t readv(int fd, const iovec* parts, int count) {
  const auto real = CRASHREEL_REAL(readv);
  if (is_random_device(fd) && serves_random() && count >= 0 && count <= IOV_MAX) {
    return draw(parts, count);
  }
  if (!scheduling() || count <= 0) return real(fd, parts, count);
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t result = ::recvmsg(fd, &message, 0);
  if (!is_no_socket(result)) return result;
  return read_other(fd, [&] { return real(fd, parts, count); });
}

}  // extern "C"
