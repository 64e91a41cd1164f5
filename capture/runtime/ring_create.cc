// Making the ring: everything that can fail does so here, before the first record.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/runtime/ring.h"
#include "capture/runtime/ring_clock.h"
#include "capture/runtime/ring_crash.h"
#include "capture/runtime/ring_file.h"
#include "capture/runtime/ring_forced.h"
#include "capture/runtime/ring_guard.h"
#include "capture/runtime/ring_heads.h"
#include "capture/runtime/ring_pins.h"
#include "capture/runtime/ring_sum.h"

namespace crashreel::ring {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kEndBytes = kPage;

std::uint64_t clamp(std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  return value < low ? low : value > high ? high : value;
}

// Reads a small file whole; returns the bytes read, 0 on any trouble.
std::size_t read_small(const char* path, char* buffer, std::size_t size) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = ::read(fd, buffer, size);
  ::close(fd);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

// The text is 8-4-4-4-12 hex digits.
void read_boot_id(std::array<unsigned char, 16>& id) {
  char text[36];
  if (read_small("/proc/sys/kernel/random/boot_id", text, sizeof text) != sizeof text) return;
  std::size_t digits = 0;
  for (const char c : text) {
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0 || digits >= 32) continue;
    id[digits / 2] = static_cast<unsigned char>(id[digits / 2] << 4 | value);
    ++digits;
  }
}

std::uint64_t page_up(std::uint64_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

// Heads and pins lie behind the facts and before the chunks. Returns where the chunks may begin.
std::uint64_t lay_out_copies(const Plan& plan, std::uint64_t begin, Superblock& super) {
  const std::uint64_t bytes = super.ring_bytes;
  const std::uint64_t heads =
      plan.heads_bytes == UINT64_MAX ? bytes / 16 : clamp(plan.heads_bytes, 0, bytes / 4);
  const std::uint64_t pins =
      plan.pins_bytes == UINT64_MAX ? bytes / 64 : clamp(plan.pins_bytes, 0, bytes / 8);
  super.heads = plan_heads(begin, heads / 64 * 64, plan.head_bytes);
  super.pins = plan_pins(begin + lined_up(super.heads.bytes), pins / 64 * 64, plan.pin_keys);
  return page_up(begin + lined_up(super.heads.bytes) + super.pins.bytes);
}

// Sizes and places of everything. False when the ring is out of bounds.
bool lay_out(const Plan& plan, Superblock& super) {
  const std::uint64_t bytes = plan.ring_bytes / kPage * kPage;
  if (bytes < kMinRingBytes || bytes > kMaxRingBytes) return false;
  super.ring_bytes = bytes;
  super.end_offset = sizeof(Superblock);
  super.end_bytes = kEndBytes;
  super.facts_offset = super.end_offset + super.end_bytes;
  super.facts_bytes = clamp(bytes / 64 / kPage * kPage, kMinFactsBytes, kMaxFactsBytes);
  super.chunks_offset = lay_out_copies(plan, super.facts_offset + super.facts_bytes, super);
  super.chunk_bytes = kMinChunkBytes;
  while (super.chunk_bytes < kMaxChunkBytes && super.chunk_bytes < bytes / 1024) {
    super.chunk_bytes *= 2;
  }
  // Where there is hardly room for inputs they come first.
  const std::uint64_t crash = clamp(bytes / 64 / kPage * kPage, kMinCrashBytes, kMaxCrashBytes);
  if (plan.leaves_crash &&
      bytes >= super.chunks_offset + crash + std::uint64_t{kMinChunks} * super.chunk_bytes) {
    super.crash_bytes = crash;
    super.crash_offset = bytes - crash;
  }
  super.chunk_count = static_cast<std::uint32_t>((bytes - super.crash_bytes - super.chunks_offset) /
                                                 super.chunk_bytes);
  const std::uint64_t asked =
      plan.prelude_bytes == UINT64_MAX ? bytes / 16 : clamp(plan.prelude_bytes, 0, bytes);
  super.prelude_chunks = static_cast<std::uint32_t>(
      clamp((asked + super.chunk_bytes - 1) / super.chunk_bytes, 0, super.chunk_count / 2));
  super.chunk_header_bytes = sizeof(ChunkHeader);
  super.record_header_bytes = sizeof(RecordHeader);
  return super.chunk_count >= kMinChunks;
}

}  // namespace

int map_epoch(std::uint32_t** epoch) {
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return errno;
  if (::madvise(page, kPage, MADV_WIPEONFORK) != 0) {
    const int trouble = errno;
    ::munmap(page, kPage);
    return trouble;
  }
  *epoch = static_cast<std::uint32_t*>(page);
  return 0;
}

namespace {

// glibc keeps the first 32 keys' values inside the thread itself; a later key would allocate in the
// thread that sets it, which may be in a signal handler. Without a key, chunks of ended threads are
// found only when no other is left.
void make_exit_key(Ring& ring) {
  constexpr pthread_key_t kKeysWithoutAllocation = 32;
  pthread_key_t key = 0;
  if (ring.has_exit_key || ::pthread_key_create(&key, thread_exits) != 0) return;
  if (key >= kKeysWithoutAllocation) {
    ::pthread_key_delete(key);
    return;
  }
  ring.exit_key = key;
  ring.has_exit_key = true;
}

// Waits until the second pair is far enough from the first to tell the counter's rate to 20 ppm.
ClockPair ready_pair(const ClockPair& start) {
  ClockPair pair = read_pair();
  while (pair.monotonic_ns - start.monotonic_ns < 2000000) pair = read_pair();
  return pair;
}

}  // namespace

void set_up(Ring& ring, const Superblock& super) {
  ring.super = reinterpret_cast<Superblock*>(ring.base);
  ring.chunks = ring.base + super.chunks_offset;
  ring.chunk_bytes = super.chunk_bytes;
  ring.prelude_chunks = super.prelude_chunks;
  ring.pool_chunks = super.chunk_count - super.prelude_chunks;
  ring.sums = super.payload_sum != PayloadSum::kNone;
  ring.plain = ring.cycles && !ring.sums;
  ring.sums_here = ring.cycles && ring.sums && has_hardware_step();
  ring.record_bytes = record_bytes(super.payload_sum);
  const std::uint64_t capacity = super.chunk_bytes - sizeof(ChunkHeader) - ring.record_bytes;
  ring.min_piece = static_cast<std::uint32_t>(clamp(capacity / 4, 0, 4096));
  ring.max_payload = clamp(ring.pool_chunks * capacity / 4, 0, kMaxPayloadBytes);
  set_up_heads(ring.base, super.heads);
  set_up_pins(ring.base, super.pins);
  make_exit_key(ring);
#if defined(__x86_64__)
  ring.thread_offset =
      reinterpret_cast<char*>(&t_thread) - static_cast<char*>(__builtin_thread_pointer());
#endif
}

constinit Forced g_forced;

int create(const Plan& plan) {
  Ring& ring = g_ring;
  find_clock(ring);
  ring.cycles = !g_forced.without_cycles && cycles_are_trustworthy();

  Superblock super{};
  if (!lay_out(plan, super)) return EINVAL;
  super.version = kVersion;
  super.byte_order = kByteOrder;
  super.superblock_bytes = sizeof super;
  super.immutable_bytes = offsetof(Superblock, facts_committed);
  super.clock = ring.cycles ? Clock::kCycles : Clock::kMonotonic;
  super.keep_inputs = plan.keep_inputs;
  super.keep_age_ns = plan.keep_age_ns;
  super.payload_sum = plan.sums ? PayloadSum::kCrc32cOfAll : PayloadSum::kNone;
  super.pid = static_cast<std::uint32_t>(::getpid());
  struct stat space{};
  if (::stat("/proc/self/ns/pid", &space) == 0) super.pid_namespace = space.st_ino;
  read_boot_id(super.boot_id);
  super.start = read_pair();
  super.start_realtime_ns = read_clock(CLOCK_REALTIME);

  std::uint32_t* epoch = nullptr;
  int trouble = map_epoch(&epoch);
  if (trouble != 0) return trouble;
  trouble = map_new_file(plan.path, super.ring_bytes, &ring.base);
  if (trouble != 0) {
    ::munmap(epoch, kPage);
    return trouble;
  }
  guard_ring(ring.base, super.ring_bytes);
  ring.copies = choose_copies(ring.base + super.chunks_offset,
                              std::uint64_t{super.chunk_count} * super.chunk_bytes);
  if (g_forced.large != LargeCopies::kFastest) ring.copies = copies_by(g_forced.large);
  super.ready = ready_pair(super.start);
  super.crc = crc_of(super);
  *reinterpret_cast<Superblock*>(ring.base) = super;
  set_up(ring, super);
  ring.epoch = epoch;
  return 0;
}

}  // namespace crashreel::ring
