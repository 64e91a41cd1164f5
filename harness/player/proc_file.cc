#include "harness/player/proc_file.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"

namespace crashreel::player {
namespace {

char text[64 * 1024];

}  // namespace

DescriptorPath::DescriptorPath(const char* folder, int fd) {
  char digits[12];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + fd % 10);
    fd /= 10;
  } while (fd != 0);
  size_t at = 0;
  for (const char* from = "/proc/self/"; *from != 0;) path[at++] = *from++;
  while (*folder != 0) path[at++] = *folder++;
  path[at++] = '/';
  while (count > 0) path[at++] = digits[--count];
  path[at] = 0;
}

TaskPath::TaskPath(int thread, const char* file) : DescriptorPath("task", thread) {
  size_t at = 0;
  while (path[at] != 0) ++at;
  path[at++] = '/';
  for (; *file != 0 && at + 1 < sizeof path; ++file) path[at++] = *file;
  path[at] = 0;
}

// By system calls: none of the hooks may take part.
const char* read_proc_file(const char* path) {
  const long fd = own_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  while (fd >= 0 && size + 1 < sizeof text) {
    const long got = own_syscall(SYS_read, fd, text + size, sizeof text - 1 - size);
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  if (fd >= 0) own_syscall(SYS_close, fd);
  text[size] = 0;
  return text;
}

}  // namespace crashreel::player
