// The calls that open files, under each of the names that libc has for them: with 64-bit offsets,
// and with the checks of FORTIFY_SOURCE (_2).
//
// A new descriptor also forgets what its number meant before: something inside libc may have closed
// it unseen.
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "capture/preload/config_files.h"
#include "capture/preload/hidden.h"
#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"
#include "capture/preload/streams.h"

extern "C" {
int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
int __openat_2(int directory, const char* path, int flags);
int __openat64_2(int directory, const char* path, int flags);
}

namespace crashreel {

void prepare_file_hooks() {
  CRASHREEL_REAL(open);
  CRASHREEL_REAL(open64);
  CRASHREEL_REAL(__open_2);
  CRASHREEL_REAL(__open64_2);
  CRASHREEL_REAL(openat);
  CRASHREEL_REAL(openat64);
  CRASHREEL_REAL(__openat_2);
  CRASHREEL_REAL(__openat64_2);
  CRASHREEL_REAL(fopen);
  CRASHREEL_REAL(fopen64);
}

namespace {

// What is opened by another name of a descriptor is no FIFO of the file system.
void note_fifo(int fd, const char* path, int flags) {
  const bool is_read = (flags & O_ACCMODE) != O_WRONLY && (flags & (O_PATH | O_DIRECTORY)) == 0;
  if (is_read && !belongs_to_machine(path)) maybe_fifo_opened(fd);
}

int noted_open(int fd, const char* path, int flags) {
  if (fd < 0) return fd;
  descriptors_closing(fd, fd);
  const DescriptorKind device = kind_of_device(path);
  if (device != DescriptorKind::kNone) device_opened(fd, device);
  note_fifo(fd, path, flags);
  file_opened(fd, path, flags);
  return fd;
}

// A path relative to some other directory than the current one names nothing in a replay.
int noted_openat(int fd, int directory, const char* path, int flags) {
  if (fd < 0 || directory == AT_FDCWD || path[0] == '/') return noted_open(fd, path, flags);
  descriptors_closing(fd, fd);
  note_fifo(fd, path, flags);
  return fd;
}

FILE* noted_fopen(FILE* file, const char* path, const char* mode) {
  if (file == nullptr) return nullptr;
  const bool both = ::strchr(mode, '+') != nullptr;
  noted_open(::fileno(file), path, both ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY);
  return recorded_stream(file, mode);
}

}  // namespace
}  // namespace crashreel

// The mode is passed only when something may be created.
#define CRASHREEL_TAKE_MODE(mode, flags) \
  mode_t mode = 0;                       \
  if (__OPEN_NEEDS_MODE(flags)) {        \
    va_list rest;                        \
    va_start(rest, flags);               \
    mode = va_arg(rest, mode_t);         \
    va_end(rest);                        \
  }

CRASHREEL_HOOK int open(const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(mode, flags)
  return crashreel::noted_open(CRASHREEL_REAL(open)(path, flags, mode), path, flags);
}

CRASHREEL_HOOK int open64(const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(mode, flags)
  return crashreel::noted_open(CRASHREEL_REAL(open64)(path, flags, mode), path, flags);
}

CRASHREEL_HOOK int __open_2(const char* path, int flags) {
  return crashreel::noted_open(CRASHREEL_REAL(__open_2)(path, flags), path, flags);
}

CRASHREEL_HOOK int __open64_2(const char* path, int flags) {
  return crashreel::noted_open(CRASHREEL_REAL(__open64_2)(path, flags), path, flags);
}

CRASHREEL_HOOK int openat(int directory, const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(mode, flags)
  const int fd = CRASHREEL_REAL(openat)(directory, path, flags, mode);
  return crashreel::noted_openat(fd, directory, path, flags);
}

CRASHREEL_HOOK int openat64(int directory, const char* path, int flags, ...) {
  CRASHREEL_TAKE_MODE(mode, flags)
  const int fd = CRASHREEL_REAL(openat64)(directory, path, flags, mode);
  return crashreel::noted_openat(fd, directory, path, flags);
}

CRASHREEL_HOOK int __openat_2(int directory, const char* path, int flags) {
  const int fd = CRASHREEL_REAL(__openat_2)(directory, path, flags);
  return crashreel::noted_openat(fd, directory, path, flags);
}

CRASHREEL_HOOK int __openat64_2(int directory, const char* path, int flags) {
  const int fd = CRASHREEL_REAL(__openat64_2)(directory, path, flags);
  return crashreel::noted_openat(fd, directory, path, flags);
}

CRASHREEL_HOOK FILE* fopen(const char* path, const char* mode) {
  return crashreel::noted_fopen(CRASHREEL_REAL(fopen)(path, mode), path, mode);
}

CRASHREEL_HOOK FILE* fopen64(const char* path, const char* mode) {
  return crashreel::noted_fopen(CRASHREEL_REAL(fopen64)(path, mode), path, mode);
}
