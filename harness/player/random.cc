#include "harness/player/random.h"

#include <string.h>
#include <sys/random.h>

#include <atomic>

namespace crashreel::player {
namespace {

std::atomic<ScriptHeader*> script{nullptr};

// Whose bytes are being drawn (the upper half, StepRandom::key) and how many of them are gone. In
// one word, for threads and handlers; a copy of a checkpoint goes on where its parent was.
std::atomic<std::uint64_t> drawn{0};
std::atomic<std::uint64_t> drawn_unrecorded{0};
constexpr std::uint64_t kUnrecorded = 0x756e7265636f7264;  // other bytes of the same seed

constexpr std::uint64_t kOffsetBits = 32;
constexpr std::uint64_t kOffsets = (std::uint64_t{1} << kOffsetBits) - 1;

// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
// 2014), whose increment separates the words of one key.
std::uint64_t mixed(std::uint64_t word) {
  word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
  word = (word ^ word >> 27) * 0x94d049bb133111eb;
  return word ^ word >> 31;
}

unsigned char made(std::uint64_t seed, std::uint32_t key, std::uint64_t offset) {
  const std::uint64_t stream = mixed(seed * 0x9e3779b97f4a7c15 + key);
  const std::uint64_t word = mixed(stream + (offset / 8 + 1) * 0x9e3779b97f4a7c15);
  return static_cast<unsigned char>(word >> 8 * (offset % 8));
}

// What belongs to the newest step: the entries are by step, and few.
const StepRandom* recorded_for(const ScriptHeader& from, std::uint32_t performed) {
  const auto* entries = reinterpret_cast<const StepRandom*>(reinterpret_cast<const char*>(&from) +
                                                            from.random_offset);
  std::uint32_t low = 0, high = from.random_count;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (entries[middle].after < performed) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < from.random_count && entries[low].after == performed ? &entries[low] : nullptr;
}

std::uint32_t key_of(const ScriptHeader& from, std::uint32_t performed) {
  if (performed == 0) return from.first_key;
  const auto* steps =
      reinterpret_cast<const Step*>(reinterpret_cast<const char*>(&from) + from.steps_offset);
  return steps[performed - 1].key;
}

// Claims `size` bytes of this key: where they begin.
std::uint64_t claim(std::atomic<std::uint64_t>& counter, std::uint32_t key, std::size_t size) {
  std::uint64_t before = counter.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t offset = before >> kOffsetBits == key ? before & kOffsets : 0;
    const std::uint64_t after = std::uint64_t{key} << kOffsetBits | ((offset + size) & kOffsets);
    if (counter.compare_exchange_weak(before, after, std::memory_order_relaxed)) return offset;
  }
}

}  // namespace

void take_random_from(ScriptHeader* given) {
  script.store(given, std::memory_order_release);
}

void abandon_random() {
  script.store(nullptr, std::memory_order_release);
}

bool serves_random() {
  return script.load(std::memory_order_acquire) != nullptr;
}

bool are_random_flags(unsigned long flags) {
  constexpr unsigned long kKnown = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE;
  constexpr unsigned long kOneOf = GRND_RANDOM | GRND_INSECURE;
  return (flags & ~kKnown) == 0 && (flags & kOneOf) != kOneOf;
}

void draw(void* bytes, std::size_t size) {
  ScriptHeader& from = *script.load(std::memory_order_acquire);
  const std::uint32_t performed = from.performed.load(std::memory_order_acquire);
  const std::uint32_t key = key_of(from, performed);
  const StepRandom* recorded = recorded_for(from, performed);
  const std::uint64_t offset = claim(drawn, key, size);
  auto* to = static_cast<unsigned char*>(bytes);
  std::size_t done = 0;
  if (recorded != nullptr && offset < recorded->size) {
    const std::uint64_t left = recorded->size - offset;
    done = size < left ? size : static_cast<std::size_t>(left);
    ::memcpy(to, reinterpret_cast<const char*>(&from) + recorded->offset + offset, done);
  }
  if (done < size) from.made_random.fetch_add(size - done, std::memory_order_relaxed);
  for (; done < size; ++done) to[done] = made(from.random_seed, key, offset + done);
}

void draw_unrecorded(void* bytes, std::size_t size) {
  ScriptHeader& from = *script.load(std::memory_order_acquire);
  const std::uint32_t key = key_of(from, from.performed.load(std::memory_order_acquire));
  const std::uint64_t offset = claim(drawn_unrecorded, key, size);
  auto* to = static_cast<unsigned char*>(bytes);
  from.made_random.fetch_add(size, std::memory_order_relaxed);
  for (std::size_t i = 0; i < size; ++i)
    to[i] = made(from.random_seed ^ kUnrecorded, key, offset + i);
}

ssize_t draw(const iovec* parts, int count) {
  std::size_t size = 0;
  for (int i = 0; i < count; ++i) {
    draw(parts[i].iov_base, parts[i].iov_len);
    size += parts[i].iov_len;
  }
  return static_cast<ssize_t>(size);
}

}  // namespace crashreel::player
