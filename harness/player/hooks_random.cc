// The calls that make random bytes, and the devices that do.
//
// A device is opened as the program asked, so that its descriptor is one; what is read from it is
// ours. As a stream it is one of our own, for stdio does not pass through read(). What can't be
// opened at all is noted on the way.

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/failed_opens.h"
#include "harness/player/random.h"
#include "harness/player/random_devices.h"

using namespace crashreel::player;

namespace {

constexpr size_t kMostEntropy = 256;  // getentropy(3)

bool names_random_device(const char* path) {
  return path != nullptr &&
         (::strcmp(path, "/dev/urandom") == 0 || ::strcmp(path, "/dev/random") == 0);
}

int opened(int fd, const char* path) {
  if (fd < 0) note_failed_open(path);
  if (fd >= 0 && serves_random() && names_random_device(path)) remember_random_device(fd);
  return fd;
}

FILE* opened(FILE* stream, const char* path) {
  if (stream == nullptr) note_failed_open(path);
  return stream;
}

std::uint32_t drawn_number() {
  std::uint32_t number = 0;
  draw(&number, sizeof number);
  return number;
}

ssize_t read_stream(void*, char* bytes, size_t size) {
  draw(bytes, size);
  return static_cast<ssize_t>(size);
}

// Null: it is none of ours.
FILE* random_stream(const char* path, const char* mode) {
  if (!serves_random() || !names_random_device(path) || mode == nullptr || mode[0] != 'r') {
    return nullptr;
  }
  cookie_io_functions_t functions = {};
  functions.read = read_stream;
  FILE* const stream = ::fopencookie(nullptr, "r", functions);
  // Without reading ahead: what is left over would belong to an input that is past.
  if (stream != nullptr) ::setvbuf(stream, nullptr, _IONBF, 0);
  return stream;
}

constexpr bool takes_mode(int flags) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))
#define CRASHREEL_TAKE_MODE(flags, mode) \
  mode_t mode = 0;                       \
  if (takes_mode(flags)) {               \
    va_list rest;                        \
    va_start(rest, flags);               \
    mode = va_arg(rest, mode_t);         \
    va_end(rest);                        \
  }

extern "C" {

int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
int __openat_2(int folder, const char* path, int flags);
int __openat64_2(int folder, const char* path, int flags);

CRASHREEL_HOOK ssize_t getrandom(void* bytes, size_t size, unsigned flags) {
  if (!serves_random() || !are_random_flags(flags)) {
    return CRASHREEL_REAL(getrandom)(bytes, size, flags);
  }
  draw(bytes, size);
  return static_cast<ssize_t>(size);
}

CRASHREEL_HOOK int getentropy(void* bytes, size_t size) {
  if (!serves_random()) return CRASHREEL_REAL(getentropy)(bytes, size);
  if (size > kMostEntropy) {
    errno = EIO;
    return -1;
  }
  draw(bytes, size);
  return 0;
}

CRASHREEL_HOOK std::uint32_t arc4random() noexcept {
  return serves_random() ? drawn_number() : CRASHREEL_REAL(arc4random)();
}

// What was recorded is the number that came of it: below its bound again.
CRASHREEL_HOOK std::uint32_t arc4random_uniform(std::uint32_t bound) noexcept {
  if (!serves_random()) return CRASHREEL_REAL(arc4random_uniform)(bound);
  return bound < 2 ? 0 : drawn_number() % bound;
}

CRASHREEL_HOOK void arc4random_buf(void* bytes, size_t size) noexcept {
  if (!serves_random()) return CRASHREEL_REAL(arc4random_buf)(bytes, size);
  draw(bytes, size);
}

CRASHREEL_HOOK int open(const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(flags, mode)
  return opened(CRASHREEL_REAL(open)(path, flags, mode), path);
}

CRASHREEL_HOOK int open64(const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(flags, mode)
  return opened(CRASHREEL_REAL(open64)(path, flags, mode), path);
}

CRASHREEL_HOOK int openat(int folder, const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(flags, mode)
  return opened(CRASHREEL_REAL(openat)(folder, path, flags, mode), path);
}

CRASHREEL_HOOK int openat64(int folder, const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(flags, mode)
  return opened(CRASHREEL_REAL(openat64)(folder, path, flags, mode), path);
}

// What FORTIFY_SOURCE makes of these where it does not know the flags; none of them creates a file.
CRASHREEL_HOOK int __open_2(const char* path, int flags) {
  return opened(CRASHREEL_REAL(__open_2)(path, flags), path);
}

CRASHREEL_HOOK int __open64_2(const char* path, int flags) {
  return opened(CRASHREEL_REAL(__open64_2)(path, flags), path);
}

CRASHREEL_HOOK int __openat_2(int folder, const char* path, int flags) {
  return opened(CRASHREEL_REAL(__openat_2)(folder, path, flags), path);
}

CRASHREEL_HOOK int __openat64_2(int folder, const char* path, int flags) {
  return opened(CRASHREEL_REAL(__openat64_2)(folder, path, flags), path);
}

CRASHREEL_HOOK FILE* fopen(const char* path, const char* mode) {
  FILE* stream = random_stream(path, mode);
  return stream != nullptr ? stream : opened(CRASHREEL_REAL(fopen)(path, mode), path);
}

CRASHREEL_HOOK FILE* fopen64(const char* path, const char* mode) {
  FILE* stream = random_stream(path, mode);
  return stream != nullptr ? stream : opened(CRASHREEL_REAL(fopen64)(path, mode), path);
}

}  // extern "C"
