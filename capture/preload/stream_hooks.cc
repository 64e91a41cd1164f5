// The calls that make a FILE of a descriptor or of a command.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"
#include "capture/preload/streams.h"
#include "capture/runtime/keep_errno.h"

namespace crashreel {

void prepare_stream_hooks() {
  CRASHREEL_REAL(fdopen);
  CRASHREEL_REAL(popen);
  CRASHREEL_REAL(pclose);
}

namespace {

// The cookie of a stream of ours is the real one, which is used for nothing but its descriptor and
// its end.
FILE* real_of(void* cookie) {
  return static_cast<FILE*>(cookie);
}

ssize_t read_descriptor(void* cookie, char* buffer, std::size_t size) {
  return ::read(::fileno(real_of(cookie)), buffer, size);
}

// 0 stands for an error here.
ssize_t write_descriptor(void* cookie, const char* bytes, std::size_t size) {
  const ssize_t written = ::write(::fileno(real_of(cookie)), bytes, size);
  return written < 0 ? 0 : written;
}

// Nothing that we record can be sought in, and stdio goes by the errno that says so.
int seek_nowhere(void*, off64_t*, int) {
  errno = ESPIPE;
  return -1;
}

int close_real(void* cookie) {
  return ::fclose(real_of(cookie));
}

// The status of the command, which the real stream knows.
int close_command(void* cookie) {
  descriptors_closing(::fileno(real_of(cookie)), ::fileno(real_of(cookie)));
  return CRASHREEL_REAL(pclose)(real_of(cookie));
}

FILE* over(FILE* file, const char* mode, int (*close_it)(void*)) {
  const KeepErrno keep;
  const cookie_io_functions_t functions = {read_descriptor, write_descriptor, seek_nowhere,
                                           close_it};
  FILE* stream = ::fopencookie(file, mode, functions);
  if (stream == nullptr) return file;
  // A stream with functions has no descriptor of its own; programs ask for it all the same.
  stream->_fileno = ::fileno(file);
  return stream;
}

bool reads(const char* mode) {
  return mode[0] == 'r' || ::strchr(mode, '+') != nullptr;
}

}  // namespace

FILE* recorded_stream(FILE* file, const char* mode) {
  // A stream of wide characters can't have functions.
  const bool is_wide = ::strstr(mode, "ccs=") != nullptr;
  if (file == nullptr || is_wide || !reads(mode) || !brings_input(::fileno(file))) return file;
  return over(file, mode, close_real);
}

}  // namespace crashreel

CRASHREEL_HOOK FILE* fdopen(int fd, const char* mode) noexcept {
  return crashreel::recorded_stream(CRASHREEL_REAL(fdopen)(fd, mode), mode);
}

CRASHREEL_HOOK FILE* popen(const char* command, const char* mode) {
  FILE* file = CRASHREEL_REAL(popen)(command, mode);
  if (file == nullptr || mode[0] != 'r') return file;
  crashreel::descriptors_closing(::fileno(file), ::fileno(file));
  crashreel::command_started(::fileno(file), command);
  if (!crashreel::brings_input(::fileno(file))) return file;
  return crashreel::over(file, mode, crashreel::close_command);
}

// fclose() by another name.
CRASHREEL_HOOK int pclose(FILE* file) {
  const int fd = file == nullptr ? -1 : ::fileno(file);
  if (fd >= 0) crashreel::descriptors_closing(fd, fd);
  return CRASHREEL_REAL(pclose)(file);
}
