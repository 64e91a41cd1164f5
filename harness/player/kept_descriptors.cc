#include "harness/player/kept_descriptors.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/descriptors.h"
#include "harness/player/kernel_call.h"
#include "harness/player/proc_folder.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {
namespace {

// But for the one that serves to look.
template <typename Each>
bool for_each_open(Each each) {
  return for_each_number("/proc/self/fd",
                         [each](int fd, int looking) { return fd == looking || each(fd); });
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

bool KeptDescriptors::take() {
  count_ = 0;
  return for_each_open(
      [this](int fd) { return count_ < kMost && look(fd, &kept_[count_]) && ++count_ > 0; });
}

bool KeptDescriptors::are_there() const {
  for (int i = 0; i < count_; ++i) {
    const Kept& before = kept_[i];
    Kept now;
    if (!look(before.fd, &now)) return false;
    if (now.type != before.type || now.listens != before.listens) return false;
    if (now.is_own != before.is_own) return false;
    if (before.is_own) continue;
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
    if (!has(fd)) is_own(fd) ? close_own(fd) : static_cast<void>(own_syscall(SYS_close, fd));
    return true;
  });
}

}  // namespace crashreel::player
