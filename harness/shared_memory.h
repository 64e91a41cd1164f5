// A piece of memory that a child process can map as well: one owner, gone with it.
#pragma once

#include <cstddef>

#include "capture/base/result.h"

namespace crashreel {

class SharedMemory {
 public:
  static Result<SharedMemory> create(std::size_t size);

  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  int fd() const { return fd_; }  // close-on-exec
  std::byte* bytes() const { return bytes_; }
  std::size_t size() const { return size_; }

 private:
  SharedMemory(int fd, std::byte* bytes, std::size_t size) : fd_(fd), bytes_(bytes), size_(size) {}

  int fd_ = -1;
  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace crashreel
