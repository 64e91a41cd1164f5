#include "capture/preload/file_digests.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "capture/runtime/crashreel.h"
#include "capture/runtime/output_digest.h"

namespace crashreel {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::size_t kMostPathBytes = 1024;
constexpr std::uint64_t kSecond = 1'000'000'000;

std::size_t digested_files = 0;
std::size_t digested_bytes = 0;

// No stdio: this may be a signal handler.
class Note {
 public:
  void add(const char* words) {
    const std::size_t size = ::strnlen(words, kMostPathBytes);
    ::memcpy(text_ + size_, words, size);
    size_ += size;
  }
  void add_number(std::uint64_t number, unsigned base, std::size_t digits) {
    char reversed[20];
    std::size_t count = 0;
    do {
      reversed[count++] = "0123456789abcdef"[number % base];
      number /= base;
    } while (number != 0 || count < digits);
    while (count != 0) text_[size_++] = reversed[--count];
  }
  void write() const { crashreel_note(text_, size_); }

 private:
  char text_[kMostPathBytes + 256];
  std::size_t size_ = 0;
};

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

void note_large_file(int fd, const char* path, const struct stat& file) {
  if (digested_files == kMostDigestedFiles) return;
  ++digested_files;
  const auto size = static_cast<std::uint64_t>(file.st_size);
  Note note;
  note.add("file ");
  note.add(path);
  note.add(": ");
  note.add_number(size, 10, 1);
  note.add(" bytes, changed ");
  note.add_number(static_cast<std::uint64_t>(file.st_mtim.tv_sec) * kSecond +
                      static_cast<std::uint64_t>(file.st_mtim.tv_nsec),
                  10, 1);
  OutputDigest digest;
  if (read_digest(fd, size, &digest)) {
    note.add(", digest ");
    note.add_number(digest.value(), 16, 16);
  }
  note.write();
}

}  // namespace crashreel
