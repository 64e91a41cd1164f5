#include "harness/kernel_file.h"

#include <fcntl.h>

#include "capture/base/owned_fd.h"

namespace crashreel {

bool write_kernel_file(const std::string& path, const std::string& text) {
  const OwnedFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace crashreel
