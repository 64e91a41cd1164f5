#include "capture/runtime/ring_attach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/runtime/ring.h"
#include "capture/runtime/ring_guard.h"
#include "capture/runtime/ring_heads.h"
#include "capture/runtime/ring_pins.h"

namespace crashreel::ring {
namespace {

// Kept from one attaching to the next: a thread's exit looks at it once more.
std::uint32_t* g_epoch = nullptr;

// Its maker is trusted, as far as the file is whole: what matters is not to mistake something else.
bool is_finished_ring(const Superblock& super, std::uint64_t file_bytes) {
  return super.magic == kMagic && super.version == kVersion && super.byte_order == kByteOrder &&
         super.crc == crc_of(super) && super.ring_bytes == file_bytes;
}

// 0 or errno.
int map_existing(const char* path, unsigned char** base) {
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return errno;
  struct stat file{};
  int trouble = ::fstat(fd, &file) != 0 ? errno : 0;
  const auto bytes = static_cast<std::uint64_t>(file.st_size);
  if (trouble == 0 && bytes < kMinRingBytes) trouble = EINVAL;
  void* mapped = MAP_FAILED;
  if (trouble == 0) {
    mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) trouble = errno;
  }
  ::close(fd);
  if (trouble != 0) return trouble;
  if (!is_finished_ring(*static_cast<const Superblock*>(mapped), bytes)) {
    ::munmap(mapped, bytes);
    return EINVAL;
  }
  *base = static_cast<unsigned char*>(mapped);
  return 0;
}

}  // namespace

int attach(const char* path, const redact::Plan& redaction) {
  Ring& ring = g_ring;
  if (ring.super != nullptr) return EBUSY;
  int trouble = redact::prepare(redaction);
  if (trouble != 0) return trouble;
  trouble = g_epoch == nullptr ? map_epoch(&g_epoch) : 0;
  if (trouble == 0) trouble = map_existing(path, &ring.base);
  if (trouble != 0) return trouble;
  find_clock(ring);
  const Superblock super = *reinterpret_cast<const Superblock*>(ring.base);
  guard_ring(ring.base, super.ring_bytes);
  ring.cycles = super.clock == Clock::kCycles;
  ring.copies = choose_copies(nullptr, 0);
  set_up(ring, super);
  ring.epoch = g_epoch;
  __atomic_store_n(&ring.active, true, __ATOMIC_RELEASE);
  __atomic_store_n(ring.epoch, static_cast<std::uint32_t>(::getpid()), __ATOMIC_RELEASE);
  if (!redact::is_active()) __atomic_store_n(&ring.depths, kDepths, __ATOMIC_RELEASE);
  return 0;
}

void detach() {
  Ring& ring = g_ring;
  if (ring.super == nullptr) return;
  thread_exits(&t_thread);
  __atomic_store_n(&ring.depths, 0u, __ATOMIC_RELEASE);
  __atomic_store_n(&ring.active, false, __ATOMIC_RELEASE);
  __atomic_store_n(ring.epoch, 0u, __ATOMIC_RELEASE);
  const std::uint64_t bytes = guarded_bytes();
  guard_ring(nullptr, 0);
  set_up_heads(nullptr, {});
  set_up_pins(nullptr, {});
  ring.super = nullptr;
  ::munmap(ring.base, bytes);
}

}  // namespace crashreel::ring
