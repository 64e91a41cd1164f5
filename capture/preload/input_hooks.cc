// The calls that bring something from outside: accepting a session and reading from one.
//
// What is only looked at (MSG_PEEK) comes again; what is out of band, dropped by the kernel without
// being handed over (MSG_TRUNC of a stream) or an error report is not part of the stream: none is
// recorded. pread() is not here, for nothing that it can read from is a session.
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/preload/datagrams.h"
#include "capture/preload/hooks.h"
#include "capture/preload/hot_state.h"
#include "capture/preload/sessions.h"

// What FORTIFY_SOURCE makes of read and recv; no header declares them without it.
extern "C" {
ssize_t __read_chk(int fd, void* buffer, std::size_t size, std::size_t capacity);
ssize_t __recv_chk(int fd, void* buffer, std::size_t size, std::size_t capacity, int flags);
ssize_t __recvfrom_chk(int fd, void* buffer, std::size_t size, std::size_t capacity, int flags,
                       sockaddr* address, socklen_t* address_size);
}

namespace crashreel {
namespace {

// Asked of a stream, MSG_TRUNC means that the bytes are dropped; else, how long a datagram was.
bool hands_over(int fd, int flags) {
  if ((flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) != 0) return false;
  return (flags & MSG_TRUNC) == 0 || has_boundaries(fd);
}

std::size_t as_count(int count) {
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

// At the offset -1 a call reads as readv() does; a session has no other.
void parts_came_from(off_t offset, int fd, const iovec* parts, int count, ssize_t got) {
  offset == -1 ? parts_came(fd, parts, as_count(count), got)
               : placed_parts_came(fd, parts, as_count(count), got);
}

// A socket is read by recvmsg as by readv, and that tells the peer.
ssize_t read_datagram(int fd, const iovec* parts, int count) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = as_count(count);
  return receive_datagram(fd, &message, 0);
}

}  // namespace

void prepare_input_hooks() {
  CRASHREEL_REAL(accept);
  CRASHREEL_REAL(accept4);
  CRASHREEL_PREPARE_HOT(read);
  CRASHREEL_REAL(__read_chk);
  CRASHREEL_PREPARE_HOT(readv);
  CRASHREEL_PREPARE_HOT(recv);
  CRASHREEL_REAL(__recv_chk);
  CRASHREEL_PREPARE_HOT(recvfrom);
  CRASHREEL_REAL(__recvfrom_chk);
  CRASHREEL_PREPARE_HOT(recvmsg);
  CRASHREEL_REAL(recvmmsg);
  CRASHREEL_REAL(preadv2);
  CRASHREEL_REAL(preadv64v2);
}

}  // namespace crashreel

CRASHREEL_HOOK int accept(int listener, sockaddr* address, socklen_t* size) {
  const int fd = CRASHREEL_REAL(accept)(listener, address, size);
  crashreel::session_accepted(fd);
  return fd;
}

CRASHREEL_HOOK int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  const int fd = CRASHREEL_REAL(accept4)(listener, address, size, flags);
  crashreel::session_accepted(fd);
  return fd;
}

// read() of a size of 0 asks for nothing, recv() for a datagram of which it drops everything.
CRASHREEL_FIRST_HOOK ssize_t read(int fd, void* buffer, std::size_t size) {
  if (size != 0 && crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagram(fd, buffer, size, 0, nullptr, nullptr);
  }
  const ssize_t got = CRASHREEL_HOT_REAL(read)(fd, buffer, size);
  crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t __read_chk(int fd, void* buffer, std::size_t size, std::size_t capacity) {
  if (size != 0 && size <= capacity && crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagram(fd, buffer, size, 0, nullptr, nullptr);
  }
  const ssize_t got = CRASHREEL_REAL(__read_chk)(fd, buffer, size, capacity);
  crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_WARM_HOOK ssize_t readv(int fd, const iovec* parts, int count) {
  if (crashreel::takes_datagrams(fd)) return crashreel::read_datagram(fd, parts, count);
  const ssize_t got = CRASHREEL_HOT_REAL(readv)(fd, parts, count);
  crashreel::parts_came(fd, parts, crashreel::as_count(count), got);
  return got;
}

CRASHREEL_HOOK ssize_t preadv2(int fd, const iovec* parts, int count, off_t offset, int flags) {
  const ssize_t got = CRASHREEL_REAL(preadv2)(fd, parts, count, offset, flags);
  crashreel::parts_came_from(offset, fd, parts, count, got);
  return got;
}

CRASHREEL_HOOK ssize_t preadv64v2(int fd, const iovec* parts, int count, off64_t offset,
                                  int flags) {
  const ssize_t got = CRASHREEL_REAL(preadv64v2)(fd, parts, count, offset, flags);
  crashreel::parts_came_from(offset, fd, parts, count, got);
  return got;
}

CRASHREEL_WARM_HOOK ssize_t recv(int fd, void* buffer, std::size_t size, int flags) {
  if (crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagram(fd, buffer, size, flags, nullptr, nullptr);
  }
  const ssize_t got = CRASHREEL_HOT_REAL(recv)(fd, buffer, size, flags);
  if (crashreel::hands_over(fd, flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t __recv_chk(int fd, void* buffer, std::size_t size, std::size_t capacity,
                                  int flags) {
  if (size <= capacity && crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagram(fd, buffer, size, flags, nullptr, nullptr);
  }
  const ssize_t got = CRASHREEL_REAL(__recv_chk)(fd, buffer, size, capacity, flags);
  if (crashreel::hands_over(fd, flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_WARM_HOOK ssize_t recvfrom(int fd, void* buffer, std::size_t size, int flags,
                                     sockaddr* address, socklen_t* address_size) {
  if (crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagram(fd, buffer, size, flags, address, address_size);
  }
  const ssize_t got = CRASHREEL_HOT_REAL(recvfrom)(fd, buffer, size, flags, address, address_size);
  if (crashreel::hands_over(fd, flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t __recvfrom_chk(int fd, void* buffer, std::size_t size, std::size_t capacity,
                                      int flags, sockaddr* address, socklen_t* address_size) {
  if (size <= capacity && crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagram(fd, buffer, size, flags, address, address_size);
  }
  const ssize_t got =
      CRASHREEL_REAL(__recvfrom_chk)(fd, buffer, size, capacity, flags, address, address_size);
  if (crashreel::hands_over(fd, flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_WARM_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  if (message != nullptr && crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagram(fd, message, flags);
  }
  const ssize_t got = CRASHREEL_HOT_REAL(recvmsg)(fd, message, flags);
  if (crashreel::hands_over(fd, flags) && message != nullptr) {
    crashreel::parts_came(fd, message->msg_iov, message->msg_iovlen, got);
  }
  return got;
}

CRASHREEL_HOOK int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags,
                            timespec* timeout) {
  if (crashreel::takes_datagrams(fd)) {
    return crashreel::receive_datagrams(fd, messages, count, flags, timeout);
  }
  const int got = CRASHREEL_REAL(recvmmsg)(fd, messages, count, flags, timeout);
  if (got < 0) {
    crashreel::bytes_came(fd, nullptr, 1, got);
  } else if (crashreel::hands_over(fd, flags)) {
    for (int i = 0; i < got; ++i) {
      const msghdr& message = messages[i].msg_hdr;
      crashreel::parts_came(fd, message.msg_iov, message.msg_iovlen,
                            static_cast<ssize_t>(messages[i].msg_len));
    }
  }
  return got;
}
