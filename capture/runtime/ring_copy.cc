// The copies that a ring can choose from, and the choice.
//
// Measured on three machines: a C library's memcpy() of 64 KiB into a ring of 64 MiB takes 4.3, 3.4
// and 1.7 µs, a plain loop over wide registers 4.3, 2.5 and 2.3, stores around the caches 2.6, 3.3
// and 2.0 (on a fourth, at another hour of its memory: 2.9, 2.3 and 2.6). For some KiB the loop is
// the fastest on all of them. So wide registers are taken where they are, and which of the two ways
// that use them is best for large payloads is tried out at start. Not the library's: where it was
// the fastest by itself, one after the other, it was the slowest by far between system calls, where
// payloads come from; a server of such requests took 26 per cent more with it, and with the loop or
// with stores around the caches 12 or 14.
#include "capture/runtime/ring_copy.h"

#include <string.h>

#include "capture/runtime/ring_clock.h"
#include "capture/runtime/ring_sum.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace crashreel::ring {
namespace {

void copy_by_library(unsigned char* to, const unsigned char* from, std::size_t size) {
  ::memcpy(to, from, size);
}

#if defined(__x86_64__)

#define CRASHREEL_WIDE [[gnu::target("avx2"), gnu::always_inline]] static inline

CRASHREEL_WIDE __m256i load(const unsigned char* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
CRASHREEL_WIDE void store(unsigned char* to, __m256i bytes) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
}

// A processor sees by itself which lines come next, but only up to the end of a page, and where the
// next page lies it looks up only when it gets there. So that is asked for a page or more ahead, by
// its last line, which is nobody's header: 16 KiB took 500 ns with this where they took 590
// without, and 64 KiB around the caches 1.9 µs for 2.5. (Asking for each line ahead: 620 ns.)
constexpr std::size_t kPageBytes = 4096;

CRASHREEL_WIDE void look_ahead(const unsigned char* line, std::size_t pages) {
  if ((reinterpret_cast<std::uintptr_t>(line) & (kPageBytes - 1)) != 0) return;
  __builtin_prefetch(line + (pages + 1) * kPageBytes - 64, 0, 2);
}

// Of at least 64 bytes. The first and last are written apart, so that what lies between can be
// written in whole cache lines.
[[gnu::target("avx2")]] void copy_wide(unsigned char* to, const unsigned char* from,
                                       std::size_t size) {
  const __m256i head = load(from), head2 = load(from + 32);
  const __m256i tail = load(from + size - 64), tail2 = load(from + size - 32);
  unsigned char* const end = to + size - 64;
  const std::size_t skew = 64 - (reinterpret_cast<std::uintptr_t>(to) & 63);
  const unsigned char* source = from + skew;
  store(to, head);
  store(to + 32, head2);
  for (unsigned char* line = to + skew; line < end; line += 64, source += 64) {
    look_ahead(line, 1);
    const __m256i a = load(source), b = load(source + 32);
    store(line, a);
    store(line + 32, b);
  }
  store(end, tail);
  store(end + 32, tail2);
}

[[gnu::target("avx2")]] void copy_around_caches(unsigned char* to, const unsigned char* from,
                                                std::size_t size) {
  const std::size_t skew = -reinterpret_cast<std::uintptr_t>(to) & 63;
  ::memcpy(to, from, skew);
  for (to += skew, from += skew, size -= skew; size >= 64; to += 64, from += 64, size -= 64) {
    look_ahead(to, 2);
    const __m256i a = load(from), b = load(from + 32);
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to), a);
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to + 32), b);
  }
  ::memcpy(to, from, size);
  _mm_sfence();
}

bool has_wide_registers() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0) return false;
  unsigned low = 0, high = 0;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_AVX2) != 0;
}

constexpr std::size_t kBlock = 64u << 10;
// What a trial writes, in all ways together: some more than the caches nearest to a core hold. A
// ring that has less than a quarter of it stays in them, where a loop is as good as any.
constexpr std::uint64_t kTriedBytes = 8u << 20;

// Puts `value` among the `count` that stand in order.
void put_in_order(std::uint64_t* values, std::size_t count, std::uint64_t value) {
  for (; count > 0 && values[count - 1] > value; --count) values[count] = values[count - 1];
  values[count] = value;
}

// The fastest of them for blocks, each tried in turn on one block after the other, as payloads fill
// a ring: what was written before has to leave the caches meanwhile. (With the place flushed from
// them beforehand the stores around the caches looked two times as fast as the loop, and were
// slower in a ring that runs.) By the median, for an interruption takes longer than many blocks.
Copy fastest_for_blocks(unsigned char* bytes, std::uint64_t size) {
  constexpr Copy kWays[] = {copy_wide, copy_around_caches};
  constexpr std::size_t kCount = sizeof kWays / sizeof *kWays;
  constexpr std::size_t kTrials = kTriedBytes / kBlock / kCount;
  if (size < kTriedBytes / 4) return copy_wide;
  const std::size_t trials = size < kTriedBytes ? kTrials / 4 : kTrials;
  std::uint64_t taken[kCount][kTrials] = {};
  const unsigned char* const source = bytes;
  for (std::size_t i = 1; i < trials; ++i) {
    for (std::size_t way = 0; way < kCount; ++way) {
      unsigned char* const block = bytes + (i * kCount + way) * kBlock;
      const std::uint64_t start = read_stamp();
      kWays[way](block + 24, source, kBlock - 64);  // as a record lies: not on a line
      put_in_order(taken[way], i - 1, read_stamp() - start);
    }
  }
  const std::size_t middle = (trials - 1) / 2;
  std::size_t best = 0;
  for (std::size_t way = 1; way < kCount; ++way) {
    // By a tenth at least: nearly as fast in a trial, the loop is the faster one whenever a cache
    // still holds what it writes to.
    if (taken[way][middle] + taken[way][middle] / 10 < taken[best][middle]) best = way;
  }
  return kWays[best];
}

#endif

template <typename Step>
std::uint32_t copy_all_and_sum(unsigned char* to, const unsigned char* from, std::size_t size) {
  return copy_and_sum<Step>(to, from, size);
}

}  // namespace

Copies choose_copies(unsigned char* trial, std::uint64_t trial_bytes) {
  Copies copies{false, copy_by_library, copy_by_library,
                has_hardware_step() ? copy_all_and_sum<HardwareStep> : copy_all_and_sum<TableStep>};
#if defined(__x86_64__)
  if (!has_wide_registers()) return copies;
  copies.wide = true;
  copies.some = copy_wide;
  copies.large = fastest_for_blocks(trial, trial_bytes);
#else
  (void)trial, (void)trial_bytes;
#endif
  return copies;
}

Copies copies_by(LargeCopies way) {
  Copies copies = choose_copies(nullptr, 0);
#if defined(__x86_64__)
  if (way == LargeCopies::kAroundCaches && copies.wide) copies.large = copy_around_caches;
#else
  (void)way;
#endif
  return copies;
}

}  // namespace crashreel::ring
