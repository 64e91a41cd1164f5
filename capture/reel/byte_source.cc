#include "capture/reel/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace crashreel {
namespace {

class FileSource : public ByteSource {
 public:
  FileSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { ::close(fd_); }

  std::uint64_t size() const override { return size_; }

  std::optional<std::string_view> view(std::uint64_t at, std::uint64_t size,
                                       std::string& scratch) const override {
    if (at > size_ || size > size_ - at) return std::nullopt;
    if (scratch.size() < size) scratch.resize(size);
    for (std::uint64_t done = 0; done < size;) {
      const ssize_t n =
          ::pread(fd_, scratch.data() + done, size - done, static_cast<off_t>(at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;
      done += static_cast<std::uint64_t>(n);
    }
    return std::string_view(scratch).substr(0, size);
  }

 private:
  int fd_;
  std::uint64_t size_;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_.size(); }

  std::optional<std::string_view> view(std::uint64_t at, std::uint64_t size,
                                       std::string&) const override {
    if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
    return bytes_.substr(at, size);
  }

 private:
  std::string_view bytes_;
};

Error no_scratch(const std::string& folder) {
  return Error{Trouble::kEnvironment,
               folder + ": there can be no scratch file: " + std::strerror(errno) +
                   "; make room there or choose another folder"};
}

// Not all file systems can make a file without a name.
int make_nameless(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  std::string name = folder + "/.crashreel-scratch.XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

Result<ScratchFile> ScratchFile::in(const std::string& folder, std::uint64_t size) {
  const int fd = make_nameless(folder);
  if (fd < 0) return no_scratch(folder);
  ScratchFile file(fd, folder, size);
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return no_scratch(folder);
  return file;
}

ScratchFile::ScratchFile(int fd, std::string folder, std::uint64_t size)
    : fd_(fd), folder_(std::move(folder)), size_(size) {}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), folder_(std::move(other.folder_)), size_(other.size_) {}

ScratchFile::~ScratchFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> ScratchFile::write(std::uint64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return no_scratch(folder_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return {};
}

std::unique_ptr<ByteSource> ScratchFile::source() const {
  return std::make_unique<FileSource>(::fcntl(fd_, F_DUPFD_CLOEXEC, 0), size_);
}

Result<std::unique_ptr<ByteSource>> open_file(const std::string& path, const std::string& what) {
  // Without O_NONBLOCK a pipe in the place of a file would hold us here.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string next = errno == ENOENT ? "check the path" : "check that it may be read";
    return Error{Trouble::kEnvironment,
                 path + ": can't be opened as " + what + ": " + std::strerror(errno) + "; " + next};
  }
  struct stat there = {};
  const bool known = ::fstat(fd, &there) == 0;
  if (known && S_ISREG(there.st_mode))
    return std::unique_ptr<ByteSource>(
        std::make_unique<FileSource>(fd, static_cast<std::uint64_t>(there.st_size)));
  ::close(fd);
  if (known && S_ISDIR(there.st_mode))
    return Error{Trouble::kUsage, path + ": is a folder, not " + what + "; name a file in it"};
  return Error{Trouble::kUsage, path + ": is no regular file; copy it to one first"};
}

std::unique_ptr<ByteSource> borrow_bytes(std::string_view bytes) {
  return std::make_unique<MemorySource>(bytes);
}

}  // namespace crashreel
