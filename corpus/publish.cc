#include "corpus/publish.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "capture/base/errno_error.h"
#include "capture/reel/new_file.h"

namespace crashreel {
namespace {

// From so many on, syncing the whole file system is cheaper than syncing each file.
constexpr std::size_t kManyFiles = 16;
// Files that are open at once: well below the 1024 that a process is allowed.
constexpr std::size_t kBatch = 256;

}  // namespace

Error cannot_store(const std::string& path, const char* what) {
  return errno_error(path + ": " + what, "make room, or check that it may be written");
}

namespace {

// Of everything on the file system of this folder.
Result<void> sync_all(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return cannot_store(folder, "can't be opened");
  const bool synced = ::syncfs(fd) == 0;
  ::close(fd);
  if (synced) return {};
  return cannot_store(folder, "can't be made durable");
}

Result<void> publish_batch(const std::string& hidden, std::span<const NewContent> files) {
  std::vector<NewFile> open;
  for (const NewContent& content : files) {
    Result<NewFile> file = NewFile::in(hidden, content.path);
    if (!file) return file.error();
    if (Result<void> written = file->write(content.bytes); !written) return written;
    open.push_back(*std::move(file));
  }
  if (Result<void> synced = sync_all(hidden); !synced) return synced;
  for (NewFile& file : open)
    if (Result<void> named = file.publish_undurably(); !named) return named;
  return {};
}

}  // namespace

Result<void> publish_all(const std::string& hidden, std::span<const NewContent> files) {
  if (files.size() < kManyFiles) {
    for (const NewContent& content : files) {
      Result<NewFile> file = NewFile::in(hidden, content.path);
      if (!file) return file.error();
      if (Result<void> written = file->write(content.bytes); !written) return written;
      if (Result<void> published = file->publish(); !published) return published;
    }
    return {};
  }
  while (!files.empty()) {
    const std::size_t size = std::min(files.size(), kBatch);
    if (Result<void> done = publish_batch(hidden, files.first(size)); !done) return done;
    files = files.subspan(size);
  }
  return sync_all(hidden);
}

Result<FolderLock> FolderLock::take(const std::string& path, Kind kind) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_store(path, "can't be opened");
  FolderLock lock(fd);
  while (::flock(fd, kind == Kind::kShared ? LOCK_SH : LOCK_EX) != 0)
    if (errno != EINTR) return cannot_store(path, "can't be locked");
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace crashreel
