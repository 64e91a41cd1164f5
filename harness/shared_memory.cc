#include "harness/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/player/script.h"

namespace crashreel {

Result<SharedMemory> SharedMemory::create(std::size_t size) {
  const auto failed = [&](const char* step) {
    return Error{Trouble::kEnvironment, "shared memory of " + std::to_string(size) +
                                            " bytes: " + step + ": " + std::strerror(errno)};
  };
  const int fd = ::memfd_create(kScriptName, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return failed("memfd_create");
  SharedMemory memory(fd, nullptr, 0);
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return failed("ftruncate");
  // Whoever gets the descriptor can't take the memory away under us.
  if (::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return failed("F_ADD_SEALS");
  }
  void* bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED) return failed("mmap");
  memory.bytes_ = static_cast<std::byte*>(bytes);
  memory.size_ = size;
  return memory;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (bytes_ != nullptr) ::munmap(bytes_, size_);
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace crashreel
