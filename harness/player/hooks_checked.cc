// The names under which a program that was compiled with _FORTIFY_SOURCE, as a distribution's are,
// makes calls that may wait: the buffer's size comes with them, and one that is too small ends the
// program before anything is written. The rest is the call of the plain name.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

[[noreturn]] void __chk_fail();

CRASHREEL_HOOK ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room) {
  if (size > room) __chk_fail();
  return ::read(fd, buffer, size);
}

CRASHREEL_HOOK ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags) {
  if (size > room) __chk_fail();
  return ::recv(fd, buffer, size, flags);
}

CRASHREEL_HOOK ssize_t __recvfrom_chk(int fd, void* __restrict buffer, size_t size, size_t room,
                                      int flags, sockaddr* __restrict address,
                                      socklen_t* __restrict length) {
  if (size > room) __chk_fail();
  return ::recvfrom(fd, buffer, size, flags, address, length);
}

CRASHREEL_HOOK int __poll_chk(pollfd* descriptors, nfds_t count, int timeout_ms, size_t room) {
  if (count > room / sizeof(pollfd)) __chk_fail();
  return ::poll(descriptors, count, timeout_ms);
}

CRASHREEL_HOOK int __ppoll_chk(pollfd* descriptors, nfds_t count, const timespec* timeout,
                               const sigset_t* mask, size_t room) {
  if (count > room / sizeof(pollfd)) __chk_fail();
  return ::ppoll(descriptors, count, timeout, mask);
}

}  // extern "C"
