#include "harness/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace crashreel {

namespace fs = std::filesystem;

OwnedFd lock_folder(const std::string& path) {
  OwnedFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat opened;
  struct stat there;
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(fd.get(), &opened) != 0) {
    return {};
  }
  // Between opening and locking it may have been removed as abandoned.
  const bool same = ::lstat(path.c_str(), &there) == 0 && there.st_ino == opened.st_ino &&
                    there.st_dev == opened.st_dev;
  return same && opened.st_uid == ::geteuid() ? std::move(fd) : OwnedFd();
}

void remove_abandoned(const std::string& base, const std::string& prefix) {
  std::error_code error;
  for (fs::directory_iterator entry(base, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with(prefix)) continue;
    const OwnedFd lock = lock_folder(entry->path());
    std::error_code stays;
    if (lock) fs::remove_all(entry->path(), stays);
  }
}

}  // namespace crashreel
