#include "capture/runtime/ring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace crashreel::ring {
namespace {

// A timer's signal would end the allocation with EINTR each time that it is tried. Those that tell
// of a fault are left: who blocks them is killed by them.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    ::sigfillset(&all);
    constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (const int fault : kFaults) ::sigdelset(&all, fault);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsWait() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_;
};

// Growing a file beyond this limit is answered by SIGXFSZ, which kills.
bool exceeds_file_limit(std::uint64_t bytes) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes;
}

// Kernels before 5.14 do not know this advice, and a filter of system calls may refuse it; then the
// first lap faults its pages in. 0 or errno.
int populate(void* mapped, std::uint64_t bytes) {
  if (::madvise(mapped, bytes, MADV_POPULATE_WRITE) == 0) return 0;
  return errno == ENOMEM || errno == EFAULT ? errno : 0;
}

// A hypervisor that shadows the page tables of its guests (as PVM does) follows what populate() did
// only at the first store to each page, 6 to 8 us later in some request. So each gets its first
// store here; elsewhere that costs half a millisecond for 64 MiB. The file is new: all zeros.
void store_to_each_page(unsigned char* mapped, std::uint64_t bytes) {
  constexpr std::uint64_t kPage = 4096;
  for (std::uint64_t at = 0; at < bytes; at += kPage) {
    *static_cast<volatile unsigned char*>(mapped + at) = 0;
  }
}

int allocate_and_map(int fd, std::uint64_t bytes, unsigned char** base) {
  if (exceeds_file_limit(bytes)) return EFBIG;
  int trouble = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  if (trouble != 0) return trouble;
  void* mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return errno;
  trouble = populate(mapped, bytes);
  if (trouble != 0) {
    ::munmap(mapped, bytes);
    return trouble;
  }
  ::madvise(mapped, bytes, MADV_DONTDUMP);  // a core dump need not hold the ring a second time
  *base = static_cast<unsigned char*>(mapped);
  store_to_each_page(*base, bytes);
  return 0;
}

// Bytes that are free where `path` is to be; UINT64_MAX where that is not known or not bounded.
std::uint64_t free_beside(const char* path) {
  char folder[4096] = ".";
  const char* slash = ::strrchr(path, '/');
  const auto length = slash != nullptr ? static_cast<std::size_t>(slash - path) + 1 : 0;
  if (length >= sizeof folder) return UINT64_MAX;
  if (length != 0) {
    ::memcpy(folder, path, length);
    folder[length] = '\0';
  }
  struct statvfs system{};
  if (::statvfs(folder, &system) != 0 || system.f_blocks == 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(system.f_bavail) * system.f_frsize;
}

}  // namespace

int map_new_file(const char* path, std::uint64_t bytes, unsigned char** base) {
  const int fd = ::open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  int trouble = 0;
  {
    const SignalsWait signals_wait;
    trouble = allocate_and_map(fd, bytes, base);
  }
  ::close(fd);
  if (trouble != 0) ::unlink(path);
  return trouble;
}

std::uint64_t modest_size(const char* path, std::uint64_t wanted) {
  const std::uint64_t most = free_beside(path) / 2;
  while (wanted > most && wanted > kMinUnaskedBytes) wanted /= 2;
  return wanted;
}

}  // namespace crashreel::ring
