// Large private memory comes in huge pages where the kernel has them. A fresh instance touches much
// of what its allocator maps, and for each small page that is a fault; a fork copies one entry for
// a huge page, and 512 for small ones. A hint to the kernel: the program can't tell.

#include <errno.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "capture/interpose/real_call.h"

namespace {

constexpr size_t kHugePageBytes = 2 * 1024 * 1024;

void* advised(void* memory, size_t size, int protection, int flags) {
  constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;
  const bool fits = size >= kHugePageBytes && (flags & kPrivate) == kPrivate &&
                    (protection & PROT_WRITE) != 0 && memory != MAP_FAILED;
  if (!fits) return memory;
  const int error = errno;
  ::madvise(memory, size, MADV_HUGEPAGE);
  errno = error;
  return memory;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK void* mmap(void* address, size_t size, int protection, int flags, int fd,
                          off_t offset) noexcept {
  void* memory = CRASHREEL_REAL(mmap)(address, size, protection, flags, fd, offset);
  return advised(memory, size, protection, flags);
}

CRASHREEL_HOOK void* mmap64(void* address, size_t size, int protection, int flags, int fd,
                            off_t offset) noexcept {
  void* memory = CRASHREEL_REAL(mmap64)(address, size, protection, flags, fd, offset);
  return advised(memory, size, protection, flags);
}

}  // extern "C"
