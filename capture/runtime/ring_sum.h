// Which sum stands behind the payload of a record, in a ring that has sums?
//
// CRC32C steps over the payload's words of eight bytes, in the machine's order, the last one padded
// with zeros. Each 32 bytes go to four sums, word by word, because one sum alone waits three cycles
// for each step; the four are then added to the first, and the words that are left after that:
//
//   a = b = c = d = ~0; for each whole 32 bytes: a += word 0, b += word 1, c += word 2, d += word 3
//   if there were any: a += b + c << 32; a += d
//   for each word that is left: a += word
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace crashreel::ring {

namespace detail {
constexpr std::array<std::uint32_t, 256> make_sum_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t sum = i;
    for (int bit = 0; bit < 8; ++bit) sum = (sum & 1) != 0 ? 0x82f63b78u ^ sum >> 1 : sum >> 1;
    table[i] = sum;
  }
  return table;
}
inline constexpr std::array<std::uint32_t, 256> kSumTable = make_sum_table();
}  // namespace detail

struct TableStep {
  static std::uint64_t add(std::uint64_t sum, std::uint64_t word) {
    word ^= sum;
    sum = 0;
    for (int i = 0; i < 8; ++i, word >>= 8) {
      sum = detail::kSumTable[(sum ^ word) & 0xff] ^ sum >> 8;
    }
    return sum;
  }
};

#if defined(__x86_64__)
struct HardwareStep {
  // Not the compiler's own function for it, which only a whole function built for such machines may
  // call.
  [[gnu::always_inline]] static inline std::uint64_t add(std::uint64_t sum, std::uint64_t word) {
    asm("crc32q %1, %0" : "+r"(sum) : "r"(word));
    return sum;
  }
};

inline bool has_hardware_step() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_2) != 0;
}
#else
using HardwareStep = TableStep;
inline bool has_hardware_step() {
  return false;
}
#endif

// The last 1 to 7 bytes, as the low bytes of a word (big-endian machines: its first).
[[gnu::always_inline]] inline std::uint64_t last_word(const unsigned char* from, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i) reinterpret_cast<unsigned char*>(&word)[i] = from[i];
  return word;
}

// `use` is called with the place and the value of each word, once, in their order.
template <typename Step, typename Use>
[[gnu::always_inline]] inline std::uint32_t sum_of(const unsigned char* from, std::size_t size,
                                                   Use&& use) {
  const auto take = [&](std::size_t at) {
    std::uint64_t word;
    __builtin_memcpy(&word, from + at, sizeof word);
    use(at, word);
    return word;
  };
  std::uint64_t a = 0xffffffff;
  std::size_t at = 0;
  if (size >= 32) {
    std::uint64_t b = a, c = a, d = a;
    for (; size - at >= 32; at += 32) {
      a = Step::add(a, take(at));
      b = Step::add(b, take(at + 8));
      c = Step::add(c, take(at + 16));
      d = Step::add(d, take(at + 24));
    }
    a = Step::add(Step::add(a, b | c << 32), d);
  }
  for (; size - at >= 8; at += 8) a = Step::add(a, take(at));
  if (at != size) {
    const std::uint64_t word = last_word(from + at, size - at);
    use(at, word);
    a = Step::add(a, word);
  }
  return static_cast<std::uint32_t>(a);
}

// Each byte is read once, and what lies behind the copy up to a whole word becomes zeros.
template <typename Step>
[[gnu::always_inline]] inline std::uint32_t copy_and_sum(unsigned char* to,
                                                         const unsigned char* from,
                                                         std::size_t size) {
  return sum_of<Step>(from, size, [to](std::size_t at, std::uint64_t word) {
    __builtin_memcpy(to + at, &word, sizeof word);
  });
}

// Of a payload that is only read.
inline std::uint32_t payload_sum(const unsigned char* payload, std::size_t size) {
  static const bool hardware = has_hardware_step();
  const auto ignore = [](std::size_t, std::uint64_t) {};
  return hardware ? sum_of<HardwareStep>(payload, size, ignore)
                  : sum_of<TableStep>(payload, size, ignore);
}

}  // namespace crashreel::ring
