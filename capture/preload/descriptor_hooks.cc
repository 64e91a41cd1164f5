// The calls that change what a descriptor means, so that the table of sessions stays true.
//
// What is closed is forgotten before the real call, for afterwards another thread may have been
// given the same number. fclose() is here because it closes its descriptor inside libc, unseen.
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>

#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"

namespace crashreel {

void prepare_descriptor_hooks() {
  CRASHREEL_REAL(close);
  CRASHREEL_REAL(close_range);
  CRASHREEL_REAL(closefrom);
  CRASHREEL_REAL(fclose);
  CRASHREEL_REAL(shutdown);
  CRASHREEL_REAL(dup);
  CRASHREEL_REAL(dup2);
  CRASHREEL_REAL(dup3);
  CRASHREEL_REAL(fcntl);
  CRASHREEL_REAL(fcntl64);
}

namespace {

int noted_copy(int from, int to) {
  if (to >= 0) descriptor_copied(from, to);
  return to;
}

int noted_fcntl(int fd, int command, int result) {
  const bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  return duplicates ? noted_copy(fd, result) : result;
}

int as_descriptor(unsigned number) {
  return number > INT_MAX ? INT_MAX : static_cast<int>(number);
}

}  // namespace
}  // namespace crashreel

CRASHREEL_HOOK int close(int fd) {
  crashreel::descriptors_closing(fd, fd);
  return CRASHREEL_REAL(close)(fd);
}

CRASHREEL_HOOK int close_range(unsigned first, unsigned last, int flags) noexcept {
  if ((flags & CLOSE_RANGE_CLOEXEC) == 0) {
    crashreel::descriptors_closing(crashreel::as_descriptor(first), crashreel::as_descriptor(last));
  }
  return CRASHREEL_REAL(close_range)(first, last, flags);
}

CRASHREEL_HOOK void closefrom(int first) noexcept {
  crashreel::descriptors_closing(first, INT_MAX);
  CRASHREEL_REAL(closefrom)(first);
}

CRASHREEL_HOOK int fclose(FILE* file) {
  const int fd = file == nullptr ? -1 : ::fileno(file);
  if (fd >= 0) crashreel::descriptors_closing(fd, fd);
  return CRASHREEL_REAL(fclose)(file);
}

CRASHREEL_HOOK int shutdown(int fd, int how) noexcept {
  const int result = CRASHREEL_REAL(shutdown)(fd, how);
  if (result == 0 && how != SHUT_WR) crashreel::reading_shut(fd);
  return result;
}

CRASHREEL_HOOK int dup(int fd) noexcept {
  return crashreel::noted_copy(fd, CRASHREEL_REAL(dup)(fd));
}

CRASHREEL_HOOK int dup2(int fd, int wanted) noexcept {
  return crashreel::noted_copy(fd, CRASHREEL_REAL(dup2)(fd, wanted));
}

CRASHREEL_HOOK int dup3(int fd, int wanted, int flags) noexcept {
  return crashreel::noted_copy(fd, CRASHREEL_REAL(dup3)(fd, wanted, flags));
}

// The third argument is an int, a pointer or missing; as a pointer it passes through unchanged.
CRASHREEL_HOOK int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  return crashreel::noted_fcntl(fd, command, CRASHREEL_REAL(fcntl)(fd, command, argument));
}

CRASHREEL_HOOK int fcntl64(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  return crashreel::noted_fcntl(fd, command, CRASHREEL_REAL(fcntl64)(fd, command, argument));
}
