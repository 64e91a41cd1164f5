#include "capture/reel/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace crashreel {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_in_folder(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

Error cannot(const std::string& path, const char* what, const char* next) {
  return Error{Trouble::kEnvironment,
               path + ": " + what + ": " + std::strerror(errno) + "; " + next};
}

}  // namespace

NewFile::NewFile(int fd, std::string temporary, std::string path)
    : fd_(fd), temporary_(std::move(temporary)), path_(std::move(path)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      temporary_(std::exchange(other.temporary_, {})),
      path_(std::move(other.path_)) {}

NewFile::~NewFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<NewFile> NewFile::beside(const std::string& path) {
  return in(folder_of(path), path);
}

Result<NewFile> NewFile::in(const std::string& folder, const std::string& path) {
  struct stat there;
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
    return Error{Trouble::kUsage,
                 path + ": is there and is no regular file; name a file to be written"};
  std::string temporary = folder + "/." + name_in_folder(path) + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0)
    return cannot(path, "can't make a file in its folder", "make the folder or choose another");
  return NewFile(fd, std::move(temporary), path);
}

Result<void> NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("can't be written");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> NewFile::publish() {
  if (::fsync(fd_) != 0) return failed("can't be made durable");
  if (Result<void> named = publish_undurably(); !named) return named;
  // The name is durable when the folder is. Some file systems refuse to sync a folder; then the
  // file is as safe as it gets there.
  const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

Result<void> NewFile::publish_undurably() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failed("can't get its name");
  temporary_.clear();
  return {};
}

Error NewFile::failed(const char* what) const {
  return cannot(path_, what, "make room or choose another place");
}

}  // namespace crashreel
