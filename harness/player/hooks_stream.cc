// The call that makes a stream of a descriptor. stdio reads and writes inside libc, past every call
// that could be seen; so a stream over a session, or over what else keeps its readers waiting, is
// one whose functions make the calls that are seen. The recorder does the same, so that what is
// read at a time is what it was in production.

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/idle.h"
#include "harness/player/random.h"
#include "harness/player/random_devices.h"

using namespace crashreel::player;

namespace {

int descriptor_of(void* cookie) {
  return static_cast<int>(reinterpret_cast<intptr_t>(cookie));
}

ssize_t read_stream(void* cookie, char* bytes, size_t size) {
  return ::read(descriptor_of(cookie), bytes, size);
}

// 0 stands for an error here.
ssize_t write_stream(void* cookie, const char* bytes, size_t size) {
  const ssize_t written = ::write(descriptor_of(cookie), bytes, size);
  return written < 0 ? 0 : written;
}

// stdio goes by the errno that says so.
int seek_nowhere(void*, off64_t*, int) {
  errno = ESPIPE;
  return -1;
}

int close_stream(void* cookie) {
  return ::close(descriptor_of(cookie));
}

bool reads(const char* mode) {
  return mode[0] == 'r' || ::strchr(mode, '+') != nullptr;
}

// A stream of wide characters can't have functions, and one that is opened against its descriptor's
// mode is refused by libc.
bool may_wait(int fd, const char* mode) {
  struct stat status;
  if (::strstr(mode, "ccs=") != nullptr || ::fstat(fd, &status) != 0) return false;
  if (S_ISSOCK(status.st_mode)) return true;
  const int flags = ::fcntl(fd, F_GETFL);
  return S_ISFIFO(status.st_mode) && reads(mode) && mode[0] != 'a' &&
         (flags & O_ACCMODE) == O_RDONLY;
}

bool is_read_only(int fd, const char* mode) {
  const int flags = ::fcntl(fd, F_GETFL);
  return ::strstr(mode, "ccs=") == nullptr && mode[0] == 'r' && ::strchr(mode, '+') == nullptr &&
         (flags & O_ACCMODE) != O_WRONLY;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK FILE* fdopen(int fd, const char* mode) noexcept {
  const bool draws = is_random_device(fd) && serves_random() && is_read_only(fd, mode);
  if (!draws && (!scheduling() || !may_wait(fd, mode))) return CRASHREEL_REAL(fdopen)(fd, mode);
  const cookie_io_functions_t functions = {read_stream, write_stream, seek_nowhere, close_stream};
  FILE* const stream =
      ::fopencookie(reinterpret_cast<void*>(static_cast<intptr_t>(fd)), mode, functions);
  if (stream == nullptr) return nullptr;
  // A stream with functions has no descriptor of its own; programs ask for it all the same.
  stream->_fileno = fd;
  // Without reading ahead: what is left over would belong to an input that is past.
  if (draws) ::setvbuf(stream, nullptr, _IONBF, 0);
  if (::strchr(mode, 'e') != nullptr) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return stream;
}

}  // extern "C"
