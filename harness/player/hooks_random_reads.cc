// The calls that read at an offset: of what a program reads so a random device alone is ours, for
// that takes any offset. The plain reads are in hooks_take_in.cc, those of streams in
// hooks_random.cc and hooks_stream.cc.

#include <limits.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/random.h"
#include "harness/player/random_devices.h"

using namespace crashreel::player;

namespace {

// The kernel says what is wrong with an offset or a count.
bool is_drawn(int fd, off64_t offset, int count = 1) {
  return is_random_device(fd) && serves_random() && offset >= 0 && count >= 0 && count <= IOV_MAX;
}

ssize_t drawn(void* bytes, size_t size) {
  draw(bytes, size);
  return static_cast<ssize_t>(size);
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

// Of programs that were compiled with _FORTIFY_SOURCE.
[[noreturn]] void __chk_fail();

CRASHREEL_HOOK ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
  return is_drawn(fd, offset) ? drawn(bytes, size) : CRASHREEL_REAL(pread)(fd, bytes, size, offset);
}

CRASHREEL_HOOK ssize_t pread64(int fd, void* bytes, size_t size, off64_t offset) {
  return is_drawn(fd, offset) ? drawn(bytes, size)
                              : CRASHREEL_REAL(pread64)(fd, bytes, size, offset);
}

CRASHREEL_HOOK ssize_t __pread_chk(int fd, void* bytes, size_t size, off_t offset, size_t room) {
  if (size > room) __chk_fail();
  return ::pread(fd, bytes, size, offset);
}

CRASHREEL_HOOK ssize_t __pread64_chk(int fd, void* bytes, size_t size, off64_t offset,
                                     size_t room) {
  if (size > room) __chk_fail();
  return ::pread64(fd, bytes, size, offset);
}

CRASHREEL_HOOK ssize_t preadv(int fd, const iovec* parts, int count, off_t offset) {
  return is_drawn(fd, offset, count) ? draw(parts, count)
                                     : CRASHREEL_REAL(preadv)(fd, parts, count, offset);
}

CRASHREEL_HOOK ssize_t preadv64(int fd, const iovec* parts, int count, off64_t offset) {
  return is_drawn(fd, offset, count) ? draw(parts, count)
                                     : CRASHREEL_REAL(preadv64)(fd, parts, count, offset);
}

}  // extern "C"
