#include "harness/keeper/view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include "harness/keeper/folder_entries.h"
#include "harness/keeper/kernel.h"
#include "harness/keeper/text.h"

namespace crashreel::keeper {
namespace {

constexpr unsigned long kQuiet = MS_NOSUID | MS_NODEV;
constexpr unsigned kAllBelow = 0x8000;  // AT_RECURSIVE
constexpr int kMostWritable = 64;
constexpr const char* kScratch[] = {"/tmp", "/var/tmp", "/run", "/dev/shm"};

// Left as it is by the kernel, all zeros: these are pages that nobody touches but for those used.
struct Kept {
  int tree;
  char path[PATH_MAX];
};
Kept kept[kMostWritable];
int kept_count = 0;

long mount(const char* source, const char* target, const char* type, unsigned long flags,
           const char* options) {
  return kernel_call(SYS_mount, source, target, type, flags, options);
}

long copy_tree(int folder, const char* name, unsigned flags = 0) {
  return kernel_call(SYS_open_tree, folder, name,
                     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | kAllBelow | flags);
}

long move_tree(int tree, int folder, const char* name) {
  return kernel_call(SYS_move_mount, tree, "", folder, name, MOVE_MOUNT_F_EMPTY_PATH);
}

long make_folder(int folder, const char* name, unsigned mode) {
  return kernel_call(SYS_mkdirat, folder, name, mode);
}

long make_file(int folder, const char* name) {
  return kernel_call(SYS_mknodat, folder, name, S_IFREG | 0600, 0);
}

// Something to put a tree over.
long make_place(int folder, const char* name, const struct stat& of) {
  return S_ISDIR(of.st_mode) ? make_folder(folder, name, 0700) : make_file(folder, name);
}

long open_folder(const char* path) {
  return kernel_call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// Of what is open, without symbolic links, as realpath(3) has it. The end of the text is zero.
long path_of(long fd, char (&path)[PATH_MAX]) {
  Line<40> name;
  name.add("/proc/self/fd/").add_number(static_cast<std::uint64_t>(fd));
  const long bytes = kernel_call(SYS_readlinkat, AT_FDCWD, name.text(), path, sizeof path);
  if (bytes < 0) return bytes;
  if (bytes >= PATH_MAX) return -ENAMETOOLONG;
  path[bytes] = 0;
  return 0;
}

long keep_open(long fd, Kept& one) {
  const long named = path_of(fd, one.path);
  if (named != 0) return named;
  const long tree = copy_tree(static_cast<int>(fd), "", AT_EMPTY_PATH);
  one.tree = static_cast<int>(tree);
  return tree < 0 ? tree : 0;
}

// As it is now, to be put back over what is made of its surroundings. 0, or an error.
long keep(const char* path) {
  if (kept_count == kMostWritable) return -E2BIG;
  const long fd = kernel_call(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC);
  if (fd < 0) return fd;
  const long error = keep_open(fd, kept[kept_count]);
  close_fd(fd);
  if (error == 0) ++kept_count;
  return error;
}

bool is_there(const char* path) {
  return kernel_call(SYS_faccessat, AT_FDCWD, path, 0 /* F_OK */) == 0;
}

// Of what lies over its surroundings, the way there and something to put it over may be missing.
void make_way(Kept& one) {
  struct stat status;
  if (kernel_call(SYS_fstat, one.tree, &status) != 0) return;
  for (char* at = one.path + 1; *at != 0; ++at) {
    if (*at != '/') continue;
    *at = 0;
    make_folder(AT_FDCWD, one.path, 0755);
    *at = '/';
  }
  make_place(AT_FDCWD, one.path, status);
}

long put_back(Kept& one) {
  if (!is_there(one.path)) make_way(one);
  const long moved = move_tree(one.tree, AT_FDCWD, one.path);
  close_fd(one.tree);
  return moved;
}

long forbid_writing() {
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return kernel_call(SYS_mount_setattr, AT_FDCWD, "/", kAllBelow, &attributes, sizeof attributes);
}

long put_link_back(const char* name, int old, int now) {
  char to[PATH_MAX];
  const long bytes = kernel_call(SYS_readlinkat, old, name, to, sizeof to - 1);
  if (bytes < 0) return 0;  // gone meanwhile
  to[bytes] = 0;
  return kernel_call(SYS_symlinkat, to, now, name);
}

// For kernels without overlays: an empty folder, with what lies in the other one put back into it
// entry by entry.
long put_entry_back(const char* name, int old, int now) {
  struct stat status;
  if (kernel_call(SYS_newfstatat, old, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;  // gone
  if (S_ISLNK(status.st_mode)) return put_link_back(name, old, now);
  if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) return 0;
  const long tree = copy_tree(old, name);
  if (tree < 0) return 0;
  const long made = make_place(now, name, status);
  const long moved = made == 0 ? move_tree(static_cast<int>(tree), now, name) : made;
  close_fd(tree);
  return moved;
}

long put_entries_back(long old, long now) {
  constexpr int kMostEntries = 500;  // of more the others are not seen
  if (now < 0) return now;
  FolderEntries entries(static_cast<int>(old));
  for (int i = 0; i < kMostEntries; ++i) {
    const char* const name = entries.next();
    if (name == nullptr) break;
    const long error = put_entry_back(name, static_cast<int>(old), static_cast<int>(now));
    if (error != 0) return error;
  }
  return 0;
}

long lay_empty_over(const char* folder, const struct stat& status, std::uint64_t bytes) {
  Line<96> options;
  options.add("mode=").add_number(status.st_mode & 07777, 8);
  options.add(",uid=").add_number(status.st_uid).add(",gid=").add_number(status.st_gid);
  options.add(",size=").add_number(bytes);
  const long old = open_folder(folder);
  if (old < 0) return old;
  long error = mount("tmpfs", folder, "tmpfs", kQuiet, options.text());
  if (error == 0) {
    const long now = open_folder(folder);
    error = put_entries_back(old, now);
    close_fd(now);
  }
  close_fd(old);
  return error;
}

// False, too, of one that we may not read.
bool is_empty(const char* folder) {
  const long fd = open_folder(folder);
  if (fd < 0) return false;
  const bool empty = FolderEntries(static_cast<int>(fd)).next() == nullptr;
  close_fd(fd);
  return empty;
}

long make_upper(const char* name, const struct stat& status) {
  const long made = make_folder(AT_FDCWD, name, 0700);
  if (made != 0) return made;
  // The root of what lies over a folder is as the folder was.
  kernel_call(SYS_fchownat, AT_FDCWD, name, status.st_uid, status.st_gid, 0);
  return kernel_call(SYS_fchmodat, AT_FDCWD, name, status.st_mode & 07777);
}

// What is written there goes to a memory file system, which lies below the instance's folder until
// that is put back over it. Over a folder in which there is nothing a folder of that file system
// lies itself: no overlay has to be made and ended, and all that a program sees of it (owner, mode,
// room, nosuid and nodev) is what the overlay's upper folder would have shown.
long lay_over(const char* folder, int number, std::uint64_t bytes) {
  struct stat status;
  if (kernel_call(SYS_newfstatat, AT_FDCWD, folder, &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  if (!S_ISDIR(status.st_mode)) return 0;
  Line<16> upper;
  upper.add("u").add_number(static_cast<unsigned>(number));
  const long made = make_upper(upper.text(), status);
  if (made != 0) return made;
  if (is_empty(folder) && mount(upper.text(), folder, nullptr, MS_BIND, nullptr) == 0) return 0;
  Line<16> work;
  work.add("w").add_number(static_cast<unsigned>(number));
  const long made_work = make_folder(AT_FDCWD, work.text(), 0700);
  if (made_work != 0) return made_work;
  Line<128> options;
  options.add("lowerdir=").add(folder).add(",upperdir=").add(upper.text());
  options.add(",workdir=").add(work.text()).add(",userxattr");
  if (mount("overlay", folder, "overlay", kQuiet, options.text()) == 0) return 0;
  return lay_empty_over(folder, status, bytes);
}

long make_scratch(const Order& order) {
  Line<64> options;
  options.add("mode=700,size=").add_number(order.file_bytes);
  const char* staging = kept[0].path;
  const long mounted = mount("tmpfs", staging, "tmpfs", kQuiet, options.text());
  if (mounted != 0) return mounted;
  // From here on it may lie below an overlay, and has no other name than this.
  const long entered = kernel_call(SYS_chdir, staging);
  if (entered != 0) return entered;
  int number = 0;
  for (const char* folder : kScratch) {
    const long error = lay_over(folder, number++, order.file_bytes);
    if (error != 0) return error;
  }
  return 0;
}

long keep_scratch() {
  for (const char* folder : kScratch) {
    const long error = is_there(folder) ? keep(folder) : 0;
    if (error != 0) return error;
  }
  return 0;
}

long keep_writable(const Order& order) {
  long error = keep(order.directory);
  if (error == 0 && (order.parts & kPartScratch) == 0) error = keep_scratch();
  for (int i = 0; error == 0 && i < order.writable_count; ++i) error = keep(order.writable[i]);
  return error;
}

// The folder last: it may lie below one of the others.
long put_all_back() {
  for (int i = kept_count - 1; i >= 0; --i) {
    const long error = put_back(kept[i]);
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

Missed make_view(const Order& order) {
  long error = mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  if (error == 0) error = keep_writable(order);
  if (error == 0) error = forbid_writing();
  if (error != 0) return {kPartMount, error};
  if ((order.parts & kPartScratch) != 0) error = make_scratch(order);
  if (error != 0) return {kPartScratch, error};
  error = put_all_back();
  if (error != 0) return {kPartMount, error};
  return {};
}

long mount_processes() {
  return mount("proc", "/proc", "proc", kQuiet | MS_NOEXEC, nullptr);
}

}  // namespace crashreel::keeper
