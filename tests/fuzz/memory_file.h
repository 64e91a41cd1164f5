// For targets whose function wants a path: the bytes as a file that is in memory alone.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "capture/base/check.h"

namespace crashreel {

// The same path at every call, with these bytes behind it until the next.
inline const std::string& memory_file(const std::uint8_t* data, std::size_t size) {
  static const int fd = ::memfd_create("fuzzed", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  CRASHREEL_CHECK(::ftruncate(fd, 0) == 0);
  CRASHREEL_CHECK(::pwrite(fd, data, size, 0) == static_cast<ssize_t>(size));
  return path;
}

}  // namespace crashreel
