// How much of a program's time passes inside the recorder? Compiled twice, and preloaded on both
// sides of it: the outer half takes the time of each call that the program makes, the inner one
// that of the real call which the recorder makes in turn. What lies between is the recorder's, and
// what the two halves find without a recorder between them is their own.
#include "tests/bench/overhead_probe.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "capture/interpose/real_call.h"

#define PROBED extern "C" __attribute__((visibility("default")))

using namespace crashreel::bench;

#ifdef CRASHREEL_PROBE_OUTER
extern "C" {
__attribute__((
    visibility("default"),
    tls_model("initial-exec"))) constinit thread_local std::uint64_t crashreel_probe_inside = 0;
}
#else
extern "C" {
__attribute__((
    tls_model("initial-exec"))) extern constinit thread_local std::uint64_t crashreel_probe_inside;
}
#endif

namespace {

#ifdef CRASHREEL_PROBE_OUTER

constinit ProbeSums g_nobody_asked;
constinit ProbeSums* g_sums = &g_nobody_asked;

__attribute__((constructor)) void map_sums() {
  const char* path = ::getenv("CRASHREEL_PROBE");
  const int file = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* page = ::mmap(nullptr, sizeof(ProbeSums), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (page != MAP_FAILED) g_sums = static_cast<ProbeSums*>(page);
}

template <typename Call>
auto timed(ProbedKind kind, const Call& call) {
  crashreel_probe_inside = 0;
  const std::uint64_t begin = cycles_now();
  const auto result = call();
  const std::uint64_t all = cycles_now() - begin;
  __atomic_fetch_add(&g_sums->cycles[kind], all - crashreel_probe_inside, __ATOMIC_RELAXED);
  __atomic_fetch_add(&g_sums->calls[kind], 1u, __ATOMIC_RELAXED);
  return result;
}

#else

template <typename Call>
auto timed(ProbedKind, const Call& call) {
  const std::uint64_t begin = cycles_now();
  const auto result = call();
  crashreel_probe_inside += cycles_now() - begin;
  return result;
}

#endif

}  // namespace

// Those that servers make for each request, and may.
PROBED ssize_t read(int fd, void* bytes, std::size_t size) {
  const auto real = CRASHREEL_REAL(read);
  return timed(kReceiving, [&] { return real(fd, bytes, size); });
}

PROBED ssize_t readv(int fd, const iovec* parts, int count) {
  const auto real = CRASHREEL_REAL(readv);
  return timed(kReceiving, [&] { return real(fd, parts, count); });
}

PROBED ssize_t recv(int fd, void* bytes, std::size_t size, int flags) {
  const auto real = CRASHREEL_REAL(recv);
  return timed(kReceiving, [&] { return real(fd, bytes, size, flags); });
}

PROBED ssize_t recvfrom(int fd, void* bytes, std::size_t size, int flags, sockaddr* from,
                        socklen_t* from_size) {
  const auto real = CRASHREEL_REAL(recvfrom);
  return timed(kReceiving, [&] { return real(fd, bytes, size, flags, from, from_size); });
}

PROBED ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const auto real = CRASHREEL_REAL(recvmsg);
  return timed(kReceiving, [&] { return real(fd, message, flags); });
}

PROBED ssize_t write(int fd, const void* bytes, std::size_t size) {
  const auto real = CRASHREEL_REAL(write);
  return timed(kSending, [&] { return real(fd, bytes, size); });
}

PROBED ssize_t writev(int fd, const iovec* parts, int count) {
  const auto real = CRASHREEL_REAL(writev);
  return timed(kSending, [&] { return real(fd, parts, count); });
}

PROBED ssize_t send(int fd, const void* bytes, std::size_t size, int flags) {
  const auto real = CRASHREEL_REAL(send);
  return timed(kSending, [&] { return real(fd, bytes, size, flags); });
}

PROBED ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const auto real = CRASHREEL_REAL(sendmsg);
  return timed(kSending, [&] { return real(fd, message, flags); });
}

PROBED int gettimeofday(timeval* now, void* zone) noexcept {
  const auto real = CRASHREEL_REAL(gettimeofday);
  return timed(kClocks, [&] { return real(now, zone); });
}

PROBED int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto real = CRASHREEL_REAL(clock_gettime);
  return timed(kClocks, [&] { return real(clock, now); });
}
