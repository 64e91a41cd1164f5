#include "tools/pipeline/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace crashreel {
namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : fd_(path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<std::string> read_file(const std::string& path, std::uint64_t most) {
  constexpr std::size_t kStep = std::size_t{1} << 18;
  OpenFile file(path);
  std::string content;
  auto failed = [&path] {
    return Error{Trouble::kEnvironment, path + ": can't be read: " + strerror(errno)};
  };
  if (file.fd() < 0) return failed();
  while (true) {
    std::size_t filled = content.size();
    content.resize(filled + kStep);
    ssize_t got = read(file.fd(), content.data() + filled, kStep);
    if (got < 0 && errno != EINTR) return failed();
    content.resize(filled + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return content;
    if (content.size() > most) {
      return Error{Trouble::kUsage, path + ": more than the " + std::to_string(most) +
                                        " bytes that are taken of such a file"};
    }
  }
}

}  // namespace crashreel
