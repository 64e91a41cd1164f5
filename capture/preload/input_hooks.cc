// The calls that bring something from outside: accepting a session and reading from one.
//
// What is only looked at (MSG_PEEK) comes again; what is out of band, dropped by the kernel without
// being handed over (MSG_TRUNC) or an error report is not part of the stream: none is recorded.
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/preload/hooks.h"
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

bool hands_over_the_stream(int flags) {
  return (flags & (MSG_PEEK | MSG_OOB | MSG_TRUNC | MSG_ERRQUEUE)) == 0;
}

}  // namespace

void prepare_input_hooks() {
  CRASHREEL_REAL(accept);
  CRASHREEL_REAL(accept4);
  CRASHREEL_REAL(read);
  CRASHREEL_REAL(__read_chk);
  CRASHREEL_REAL(readv);
  CRASHREEL_REAL(recv);
  CRASHREEL_REAL(__recv_chk);
  CRASHREEL_REAL(recvfrom);
  CRASHREEL_REAL(__recvfrom_chk);
  CRASHREEL_REAL(recvmsg);
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

CRASHREEL_HOOK ssize_t read(int fd, void* buffer, std::size_t size) {
  const ssize_t got = CRASHREEL_REAL(read)(fd, buffer, size);
  crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t __read_chk(int fd, void* buffer, std::size_t size, std::size_t capacity) {
  const ssize_t got = CRASHREEL_REAL(__read_chk)(fd, buffer, size, capacity);
  crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t readv(int fd, const iovec* parts, int count) {
  const ssize_t got = CRASHREEL_REAL(readv)(fd, parts, count);
  crashreel::parts_came(fd, parts, count < 0 ? 0 : static_cast<std::size_t>(count), got);
  return got;
}

CRASHREEL_HOOK ssize_t recv(int fd, void* buffer, std::size_t size, int flags) {
  const ssize_t got = CRASHREEL_REAL(recv)(fd, buffer, size, flags);
  if (crashreel::hands_over_the_stream(flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t __recv_chk(int fd, void* buffer, std::size_t size, std::size_t capacity,
                                  int flags) {
  const ssize_t got = CRASHREEL_REAL(__recv_chk)(fd, buffer, size, capacity, flags);
  if (crashreel::hands_over_the_stream(flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t recvfrom(int fd, void* buffer, std::size_t size, int flags,
                                sockaddr* address, socklen_t* address_size) {
  const ssize_t got = CRASHREEL_REAL(recvfrom)(fd, buffer, size, flags, address, address_size);
  if (crashreel::hands_over_the_stream(flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t __recvfrom_chk(int fd, void* buffer, std::size_t size, std::size_t capacity,
                                      int flags, sockaddr* address, socklen_t* address_size) {
  const ssize_t got =
      CRASHREEL_REAL(__recvfrom_chk)(fd, buffer, size, capacity, flags, address, address_size);
  if (crashreel::hands_over_the_stream(flags)) crashreel::bytes_came(fd, buffer, size, got);
  return got;
}

CRASHREEL_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const ssize_t got = CRASHREEL_REAL(recvmsg)(fd, message, flags);
  if (crashreel::hands_over_the_stream(flags) && message != nullptr) {
    crashreel::parts_came(fd, message->msg_iov, message->msg_iovlen, got);
  }
  return got;
}
