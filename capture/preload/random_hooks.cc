// The calls that make random bytes, and those that read at an offset: nothing that has offsets is a
// session, but a random device takes any.
#include <stdlib.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/preload/hidden.h"
#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"

// What FORTIFY_SOURCE makes of pread; no header declares them without it.
extern "C" {
ssize_t __pread_chk(int fd, void* buffer, std::size_t size, off_t offset, std::size_t capacity);
ssize_t __pread64_chk(int fd, void* buffer, std::size_t size, off64_t offset, std::size_t capacity);
}

namespace crashreel {

void prepare_random_hooks() {
  CRASHREEL_REAL(getrandom);
  CRASHREEL_REAL(getentropy);
  CRASHREEL_REAL(arc4random);
  CRASHREEL_REAL(arc4random_uniform);
  CRASHREEL_REAL(arc4random_buf);
  CRASHREEL_REAL(pread);
  CRASHREEL_REAL(pread64);
  CRASHREEL_REAL(__pread_chk);
  CRASHREEL_REAL(__pread64_chk);
  CRASHREEL_REAL(preadv);
  CRASHREEL_REAL(preadv64);
}

namespace {

// A number is recorded as its bytes lie in memory.
std::uint32_t noted_number(std::uint32_t number) {
  random_came(&number, sizeof number);
  return number;
}

ssize_t noted_read(int fd, const void* bytes, ssize_t got) {
  placed_bytes_came(fd, bytes, got);
  return got;
}

ssize_t noted_parts(int fd, const iovec* parts, int count, ssize_t got) {
  if (got > 0) placed_parts_came(fd, parts, static_cast<std::size_t>(count), got);
  return got;
}

}  // namespace
}  // namespace crashreel

CRASHREEL_HOOK ssize_t getrandom(void* bytes, std::size_t size, unsigned flags) {
  const ssize_t got = CRASHREEL_REAL(getrandom)(bytes, size, flags);
  if (got > 0) crashreel::random_came(bytes, static_cast<std::size_t>(got));
  return got;
}

CRASHREEL_HOOK int getentropy(void* bytes, std::size_t size) {
  const int result = CRASHREEL_REAL(getentropy)(bytes, size);
  if (result == 0) crashreel::random_came(bytes, size);
  return result;
}

CRASHREEL_HOOK std::uint32_t arc4random() noexcept {
  return crashreel::noted_number(CRASHREEL_REAL(arc4random)());
}

CRASHREEL_HOOK std::uint32_t arc4random_uniform(std::uint32_t bound) noexcept {
  return crashreel::noted_number(CRASHREEL_REAL(arc4random_uniform)(bound));
}

CRASHREEL_HOOK void arc4random_buf(void* bytes, std::size_t size) noexcept {
  CRASHREEL_REAL(arc4random_buf)(bytes, size);
  crashreel::random_came(bytes, size);
}

CRASHREEL_HOOK ssize_t pread(int fd, void* bytes, std::size_t size, off_t offset) {
  return crashreel::noted_read(fd, bytes, CRASHREEL_REAL(pread)(fd, bytes, size, offset));
}

CRASHREEL_HOOK ssize_t pread64(int fd, void* bytes, std::size_t size, off64_t offset) {
  return crashreel::noted_read(fd, bytes, CRASHREEL_REAL(pread64)(fd, bytes, size, offset));
}

CRASHREEL_HOOK ssize_t __pread_chk(int fd, void* bytes, std::size_t size, off_t offset,
                                   std::size_t capacity) {
  return crashreel::noted_read(fd, bytes,
                               CRASHREEL_REAL(__pread_chk)(fd, bytes, size, offset, capacity));
}

CRASHREEL_HOOK ssize_t __pread64_chk(int fd, void* bytes, std::size_t size, off64_t offset,
                                     std::size_t capacity) {
  return crashreel::noted_read(fd, bytes,
                               CRASHREEL_REAL(__pread64_chk)(fd, bytes, size, offset, capacity));
}

CRASHREEL_HOOK ssize_t preadv(int fd, const iovec* parts, int count, off_t offset) {
  return crashreel::noted_parts(fd, parts, count, CRASHREEL_REAL(preadv)(fd, parts, count, offset));
}

CRASHREEL_HOOK ssize_t preadv64(int fd, const iovec* parts, int count, off64_t offset) {
  return crashreel::noted_parts(fd, parts, count,
                                CRASHREEL_REAL(preadv64)(fd, parts, count, offset));
}
