// Stands in front of the player in a replayed program, and sees what the program sees: each read of
// a socket is a line "DESCRIPTOR SIZE" in the file $WITNESS_READS. With $WITNESS_CLOCK the program
// is told the kernel's time instead of the player's.
//
// A library of its own, as the player must not know of it: it keeps nothing that a copy would have
// to share, and its file lies beyond all descriptors of the program's.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

constexpr int kFile = 700;

bool tells_real_time = false;

// The player makes one call of another.
thread_local int depth = 0;

struct Call {
  Call() { ++depth; }
  ~Call() { --depth; }
};

__attribute__((constructor)) void begin() {
  tells_real_time = std::getenv("WITNESS_CLOCK") != nullptr;
  const char* path = std::getenv("WITNESS_READS");
  if (path == nullptr) return;
  const long fd = ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC);
  ::syscall(SYS_dup3, fd, kFile, O_CLOEXEC);
  ::syscall(SYS_close, fd);
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_socket(int fd) {
  struct stat status;
  return ::syscall(SYS_fstat, fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

ssize_t noted(int fd, int flags, ssize_t size) {
  if (depth > 1 || size < 0 || (flags & MSG_PEEK) != 0 || !is_socket(fd)) return size;
  char line[64];
  const int length = std::snprintf(line, sizeof line, "%d %zd\n", fd, size);
  ::syscall(SYS_write, kFile, line, length);
  return size;
}

bool real_time(clockid_t clock, timespec* time) {
  return tells_real_time && ::syscall(SYS_clock_gettime, clock, time) == 0;
}

}  // namespace

#define WITNESS_HOOK __attribute__((visibility("default")))
#define NEXT(name) static auto* const real = next<decltype(::name)>(#name)

extern "C" {

WITNESS_HOOK ssize_t read(int fd, void* bytes, size_t size) {
  NEXT(read);
  const Call call;
  return noted(fd, 0, real(fd, bytes, size));
}

WITNESS_HOOK ssize_t readv(int fd, const iovec* parts, int count) {
  NEXT(readv);
  const Call call;
  return noted(fd, 0, real(fd, parts, count));
}

WITNESS_HOOK ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  NEXT(recv);
  const Call call;
  return noted(fd, flags, real(fd, bytes, size, flags));
}

WITNESS_HOOK ssize_t recvfrom(int fd, void* __restrict bytes, size_t size, int flags,
                              sockaddr* __restrict from, socklen_t* __restrict length) {
  NEXT(recvfrom);
  const Call call;
  return noted(fd, flags, real(fd, bytes, size, flags, from, length));
}

WITNESS_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  NEXT(recvmsg);
  const Call call;
  return noted(fd, flags, real(fd, message, flags));
}

WITNESS_HOOK int clock_gettime(clockid_t clock, timespec* time) noexcept {
  NEXT(clock_gettime);
  return real_time(clock, time) ? 0 : real(clock, time);
}

WITNESS_HOOK int gettimeofday(timeval* __restrict time, void* __restrict zone) noexcept {
  NEXT(gettimeofday);
  timespec precise;
  if (!real_time(CLOCK_REALTIME, &precise)) return real(time, zone);
  *time = {precise.tv_sec, precise.tv_nsec / 1000};
  return 0;
}

WITNESS_HOOK time_t time(time_t* result) noexcept {
  NEXT(time);
  timespec precise;
  if (!real_time(CLOCK_REALTIME, &precise)) return real(result);
  if (result != nullptr) *result = precise.tv_sec;
  return precise.tv_sec;
}

}  // extern "C"
