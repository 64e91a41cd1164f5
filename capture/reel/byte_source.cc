#include "capture/reel/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

}  // namespace

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
