#include "harness/keeper/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> declare the same things: the latter has those of the new calls.
extern "C" int mount(const char* source, const char* target, const char* type, unsigned long flags,
                     const void* data) noexcept;

namespace crashreel::keeper {
namespace {

constexpr unsigned long kRecursive = 16384;  // MS_REC
constexpr unsigned long kPrivate = 1 << 18;  // MS_PRIVATE
constexpr unsigned long kQuiet = 2 | 4;      // MS_NOSUID, MS_NODEV
constexpr unsigned long kNothingRuns = 8;    // MS_NOEXEC
constexpr unsigned kAllBelow = 0x8000;       // AT_RECURSIVE
constexpr int kMostWritable = 64;
constexpr const char* kScratch[] = {"/tmp", "/var/tmp", "/run", "/dev/shm"};

// Left as it is by the loader, all zeros: these are pages that nobody touches but for those used.
struct Kept {
  char path[PATH_MAX];
  int tree;
};
Kept kept[kMostWritable];
int kept_count = 0;

// As it is now, to be put back over what is made of its surroundings.
bool keep(const char* path) {
  if (kept_count == kMostWritable) {
    errno = E2BIG;
    return false;
  }
  Kept& one = kept[kept_count];
  if (::realpath(path, one.path) == nullptr) return false;
  one.tree = static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, one.path,
                                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | kAllBelow));
  if (one.tree < 0) return false;
  ++kept_count;
  return true;
}

// Of what lies over its surroundings, the way there and something to put it over may be missing.
void make_way(const Kept& one) {
  struct stat status;
  char part[PATH_MAX];
  if (::fstat(one.tree, &status) != 0) return;
  for (const char* at = ::strchr(one.path + 1, '/'); at != nullptr; at = ::strchr(at + 1, '/')) {
    ::snprintf(part, sizeof part, "%.*s", static_cast<int>(at - one.path), one.path);
    ::mkdir(part, 0755);
  }
  S_ISDIR(status.st_mode) ? ::mkdir(one.path, 0700) : ::mknod(one.path, S_IFREG | 0600, 0);
}

bool put_back(const Kept& one) {
  if (::access(one.path, F_OK) != 0) make_way(one);
  const long moved =
      ::syscall(SYS_move_mount, one.tree, "", AT_FDCWD, one.path, MOVE_MOUNT_F_EMPTY_PATH);
  ::close(one.tree);
  return moved == 0;
}

bool forbid_writing() {
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return ::syscall(SYS_mount_setattr, AT_FDCWD, "/", kAllBelow, &attributes, sizeof attributes) ==
         0;
}

// For kernels without overlays: an empty folder, with what lies in the other one put back into it
// entry by entry.
bool put_entry_back(const char* folder, const char* name, int old) {
  char path[PATH_MAX];
  ::snprintf(path, sizeof path, "%s/%s", folder, name);
  struct stat status;
  if (::fstatat(old, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return true;  // gone meanwhile
  if (S_ISLNK(status.st_mode)) {
    char to[PATH_MAX] = {};
    return ::readlinkat(old, name, to, sizeof to - 1) < 0 || ::symlink(to, path) == 0;
  }
  if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) return true;
  const int tree = static_cast<int>(
      ::syscall(SYS_open_tree, old, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | kAllBelow));
  if (tree < 0) return true;
  const int made = S_ISDIR(status.st_mode) ? ::mkdir(path, 0700) : ::mknod(path, S_IFREG | 0600, 0);
  const bool moved = made == 0 && ::syscall(SYS_move_mount, tree, "", AT_FDCWD, path,
                                            MOVE_MOUNT_F_EMPTY_PATH) == 0;
  ::close(tree);
  return moved;
}

bool lay_empty_over(const char* folder, const struct stat& status, std::uint64_t bytes) {
  constexpr int kMostEntries = 500;  // of more the others are not seen
  char options[96];
  DIR* const old = ::opendir(folder);
  ::snprintf(options, sizeof options, "mode=%o,uid=%u,gid=%u,size=%llu", status.st_mode & 07777,
             status.st_uid, status.st_gid, static_cast<unsigned long long>(bytes));
  bool good = old != nullptr && ::mount("tmpfs", folder, "tmpfs", kQuiet, options) == 0;
  for (int i = 0; good && i < kMostEntries; ++i) {
    const dirent* const entry = ::readdir(old);
    if (entry == nullptr) break;
    if (::strcmp(entry->d_name, ".") == 0 || ::strcmp(entry->d_name, "..") == 0) continue;
    good = put_entry_back(folder, entry->d_name, ::dirfd(old));
  }
  if (old != nullptr) ::closedir(old);
  return good;
}

// What is written there goes to a memory file system, which lies below the instance's folder until
// that is put back over it.
bool lay_over(const char* folder, int number, std::uint64_t bytes) {
  char upper[16];
  char work[16];
  char options[128];
  struct stat status;
  if (::lstat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) return true;
  ::snprintf(upper, sizeof upper, "u%d", number);
  ::snprintf(work, sizeof work, "w%d", number);
  ::snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,userxattr", folder, upper,
             work);
  const bool made = ::mkdir(upper, 0700) == 0 && ::mkdir(work, 0700) == 0;
  // The root of what lies over it is as the folder was.
  (void)!::chown(upper, status.st_uid, status.st_gid);
  if (!made || ::chmod(upper, status.st_mode & 07777) != 0) return false;
  if (::mount("overlay", folder, "overlay", kQuiet, options) == 0) return true;
  return lay_empty_over(folder, status, bytes);
}

bool make_scratch(const Order& order) {
  char options[64];
  ::snprintf(options, sizeof options, "mode=700,size=%llu",
             static_cast<unsigned long long>(order.file_bytes));
  const char* staging = kept[0].path;
  if (::mount("tmpfs", staging, "tmpfs", kQuiet, options) != 0) return false;
  // From here on it may lie below an overlay, and has no other name than this.
  if (::chdir(staging) != 0) return false;
  int number = 0;
  for (const char* folder : kScratch) {
    if (!lay_over(folder, number++, order.file_bytes)) return false;
  }
  return true;
}

bool keep_writable(const Order& order) {
  if (!keep(order.directory)) return false;
  if ((order.parts & kPartScratch) == 0) {
    for (const char* folder : kScratch) {
      if (::access(folder, F_OK) == 0 && !keep(folder)) return false;
    }
  }
  for (int i = 0; i < order.writable_count; ++i) {
    if (!keep(order.writable[i])) return false;
  }
  return true;
}

}  // namespace

std::uint32_t make_view(const Order& order) {
  if (::mount(nullptr, "/", nullptr, kRecursive | kPrivate, nullptr) != 0) return kPartMount;
  if (!keep_writable(order) || !forbid_writing()) return kPartMount;
  if ((order.parts & kPartScratch) != 0 && !make_scratch(order)) return kPartScratch;
  // The folder last: it may lie below one of the others.
  for (int i = kept_count - 1; i >= 0; --i) {
    if (!put_back(kept[i])) return kPartMount;
  }
  return 0;
}

bool mount_processes() {
  return ::mount("proc", "/proc", "proc", kQuiet | kNothingRuns, nullptr) == 0;
}

}  // namespace crashreel::keeper
