// The calls by which a program looks at, copies or hands on a descriptor, after which its bytes can
// no longer bypass the kernel; and those by which it tells a set what it waits for.

#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/process_number.h"
#include "harness/player/random_devices.h"

using namespace crashreel::player;

namespace {

bool copies_descriptor(int command) {
  return command == F_DUPFD || command == F_DUPFD_CLOEXEC;
}

// The one argument behind the dots, whatever it is.
void* argument_of(va_list arguments) {
  return va_arg(arguments, void*);
}

// Who is told of a descriptor's events is a process, by its number.
void* meant_by(int command, void* argument) {
  if (command != F_SETOWN) return argument;
  const auto process = static_cast<pid_t>(reinterpret_cast<long>(argument));
  return reinterpret_cast<void*>(static_cast<long>(number_meant(process)));
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
  const int result = CRASHREEL_REAL(epoll_ctl)(set, operation, fd, event);
  if (result == 0) note_interest(set, operation, fd, event);
  return result;
}

CRASHREEL_HOOK int dup(int fd) noexcept {
  leave_to_kernel(fd);
  return random_device_copied(fd, CRASHREEL_REAL(dup)(fd));
}

CRASHREEL_HOOK int dup2(int fd, int wanted) noexcept {
  leave_to_kernel(fd);
  leave_to_kernel(wanted);
  return random_device_copied(fd, CRASHREEL_REAL(dup2)(fd, wanted));
}

CRASHREEL_HOOK int dup3(int fd, int wanted, int flags) noexcept {
  leave_to_kernel(fd);
  leave_to_kernel(wanted);
  return random_device_copied(fd, CRASHREEL_REAL(dup3)(fd, wanted, flags));
}

CRASHREEL_HOOK int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = meant_by(command, argument_of(arguments));
  va_end(arguments);
  if (!copies_descriptor(command)) return CRASHREEL_REAL(fcntl)(fd, command, argument);
  leave_to_kernel(fd);
  return random_device_copied(fd, CRASHREEL_REAL(fcntl)(fd, command, argument));
}

CRASHREEL_HOOK int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = meant_by(command, argument_of(arguments));
  va_end(arguments);
  if (!copies_descriptor(command)) return CRASHREEL_REAL(fcntl64)(fd, command, argument);
  leave_to_kernel(fd);
  return random_device_copied(fd, CRASHREEL_REAL(fcntl64)(fd, command, argument));
}

CRASHREEL_HOOK int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = argument_of(arguments);
  va_end(arguments);
  if (request == FIONREAD && argument != nullptr && count_lent(fd, static_cast<int*>(argument))) {
    return 0;
  }
  return CRASHREEL_REAL(ioctl)(fd, request, argument);
}

CRASHREEL_HOOK int shutdown(int fd, int how) noexcept {
  leave_to_kernel(fd);
  return CRASHREEL_REAL(shutdown)(fd, how);
}

CRASHREEL_HOOK ssize_t sendfile(int to, int from, off_t* offset, size_t size) noexcept {
  leave_to_kernel(to);
  return CRASHREEL_REAL(sendfile)(to, from, offset, size);
}

CRASHREEL_HOOK ssize_t sendfile64(int to, int from, off64_t* offset, size_t size) noexcept {
  leave_to_kernel(to);
  return CRASHREEL_REAL(sendfile64)(to, from, offset, size);
}

CRASHREEL_HOOK ssize_t splice(int from, off64_t* from_at, int to, off64_t* to_at, size_t size,
                              unsigned flags) {
  leave_to_kernel(from);
  leave_to_kernel(to);
  return CRASHREEL_REAL(splice)(from, from_at, to, to_at, size, flags);
}

CRASHREEL_HOOK int vdprintf(int fd, const char* __restrict format, va_list arguments) {
  leave_to_kernel(fd);
  return CRASHREEL_REAL(vdprintf)(fd, format, arguments);
}

CRASHREEL_HOOK int dprintf(int fd, const char* __restrict format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int written = ::vdprintf(fd, format, arguments);
  va_end(arguments);
  return written;
}

// What a program starts in this way may inherit any of them.
CRASHREEL_HOOK int posix_spawn(pid_t* __restrict pid, const char* __restrict path,
                               const posix_spawn_file_actions_t* __restrict actions,
                               const posix_spawnattr_t* __restrict attributes,
                               char* const* __restrict arguments,
                               char* const* __restrict environment) {
  leave_all_to_kernel();
  return CRASHREEL_REAL(posix_spawn)(pid, path, actions, attributes, arguments, environment);
}

CRASHREEL_HOOK int posix_spawnp(pid_t* __restrict pid, const char* __restrict file,
                                const posix_spawn_file_actions_t* __restrict actions,
                                const posix_spawnattr_t* __restrict attributes,
                                char* const* __restrict arguments,
                                char* const* __restrict environment) {
  leave_all_to_kernel();
  return CRASHREEL_REAL(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
}

}  // extern "C"
