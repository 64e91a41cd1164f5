#include "capture/preload/file_digests.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "capture/runtime/output_digest.h"
#include "capture/runtime/ring.h"

namespace crashreel {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::size_t kMostPathBytes = 1024;
constexpr std::uint64_t kSecond = 1'000'000'000;

std::size_t digested_files = 0;
std::size_t digested_bytes = 0;

bool digest_of(int fd, std::size_t size, void* memory, OutputDigest* digest) {
  for (std::size_t at = 0; at < size;) {
    const ssize_t got = ::pread(fd, memory, kPieceBytes, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    digest->add(memory, static_cast<std::size_t>(got));
    at += static_cast<std::size_t>(got);
  }
  return digest->bytes() == size;
}

bool read_digest(int fd, std::size_t size, OutputDigest* digest) {
  if (size > kMostDigestedFileBytes || digested_bytes + size > kMostDigestedBytesTogether) {
    return false;
  }
  void* memory =
      ::mmap(nullptr, kPieceBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  digested_bytes += size;
  const bool whole = digest_of(fd, size, memory, digest);
  ::munmap(memory, kPieceBytes);
  return whole;
}

}  // namespace

void add_large_file(int fd, const char* path, const struct stat& file) {
  if (digested_files == kMostDigestedFiles) return;
  ++digested_files;
  ring::LargeFile large{};
  large.bytes = static_cast<std::uint64_t>(file.st_size);
  large.modified_realtime_ns = static_cast<std::uint64_t>(file.st_mtim.tv_sec) * kSecond +
                               static_cast<std::uint64_t>(file.st_mtim.tv_nsec);
  OutputDigest digest;
  if (read_digest(fd, large.bytes, &digest)) {
    large.digest = digest.value();
    large.has_digest = 1;
  }
  ring::add_fact(ring::Fact::kFileDigest, {&large, sizeof large, true},
                 {path, ::strnlen(path, kMostPathBytes)});
}

}  // namespace crashreel
