#include "harness/player/kept_descriptors.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/descriptors.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {
namespace {

// getdents64(2).
struct Entry {
  uint64_t inode;
  int64_t next;
  uint16_t size;
  uint8_t type;
  char name[1];
};

constexpr size_t kNameAt = 19;

// Calls `each` with every open descriptor but the one that serves to look. False: there is no
// telling, or `each` said so.
template <typename Each>
bool for_each_open(Each each) {
  const auto folder = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  alignas(Entry) char buffer[4096];
  bool good = folder >= 0;
  while (good) {
    const long got = ::syscall(SYS_getdents64, folder, buffer, sizeof buffer);
    good = got >= 0;
    if (got <= 0) break;
    for (long at = 0; at < got && good;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
      const char* name = buffer + at + kNameAt;
      at += entry->size;
      const int fd = *name == '.' ? -1 : static_cast<int>(::strtol(name, nullptr, 10));
      if (fd >= 0 && fd != folder) good = each(fd);
    }
  }
  if (folder >= 0) ::syscall(SYS_close, folder);
  return good;
}

}  // namespace

bool KeptDescriptors::look(int fd, Kept* kept) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return false;
  *kept = {fd, is_own(fd), false, status.st_mode & S_IFMT, status.st_dev, status.st_ino};
  if (kept->type == S_IFSOCK && !kept->is_own) {
    kept->listens = option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 0;
  }
  return true;
}

bool KeptDescriptors::take(int but) {
  count_ = 0;
  return for_each_open([this, but](int fd) {
    return fd == but || (count_ < kMost && look(fd, &kept_[count_]) && ++count_ > 0);
  });
}

bool KeptDescriptors::are_there() const {
  for (int i = 0; i < count_; ++i) {
    const Kept& before = kept_[i];
    if (before.is_own) continue;
    Kept now;
    if (!look(before.fd, &now)) return false;
    if (now.type != before.type || now.listens != before.listens || now.is_own) return false;
    const bool has_name = before.type == S_IFREG || before.type == S_IFDIR ||
                          before.type == S_IFCHR || before.type == S_IFBLK;
    if (has_name && (now.device != before.device || now.inode != before.inode)) return false;
  }
  return true;
}

bool KeptDescriptors::has(int fd) const {
  for (int i = 0; i < count_; ++i) {
    if (kept_[i].fd == fd) return true;
  }
  return false;
}

bool KeptDescriptors::close_others() const {
  return for_each_open([this](int fd) {
    if (!has(fd)) is_own(fd) ? close_own(fd) : static_cast<void>(::syscall(SYS_close, fd));
    return true;
  });
}

}  // namespace crashreel::player
