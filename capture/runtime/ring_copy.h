// How do a payload's bytes get into the ring?
//
// Few of them without a call, more in the way that start found best on this machine (ring_copy.cc),
// and with a sum over them where that was asked for. The caller publishes afterwards with a release
// store; where a copy goes around the caches, the fence that this needs is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "capture/runtime/ring_forced.h"

namespace crashreel::ring {

// Both ends, overlapping in the middle: one branch for all sizes of [width, 2 * width].
template <std::size_t width>
[[gnu::always_inline]] inline void copy_ends(unsigned char* to, const unsigned char* from,
                                             std::size_t size) {
  unsigned char head[width], tail[width];
  std::memcpy(head, from, width);
  std::memcpy(tail, from + size - width, width);
  std::memcpy(to, head, width);
  std::memcpy(to + size - width, tail, width);
}

[[gnu::always_inline]] inline void copy_line(unsigned char* to, const unsigned char* from) {
  unsigned char parts[4][16];
  std::memcpy(parts, from, sizeof parts);
  std::memcpy(to, parts, sizeof parts);
}

// Of more than 64 bytes: piece by piece, and the last piece from the end, over what is there.
template <void (*copy)(unsigned char* to, const unsigned char* from)>
[[gnu::always_inline]] inline void copy_lines(unsigned char* to, const unsigned char* from,
                                              std::size_t size) {
  const unsigned char* const last = from + size - 64;
  unsigned char* const end = to + size - 64;
  for (; from < last; from += 64, to += 64) copy(to, from);
  copy(end, last);
}

#if defined(__x86_64__)
// The same in wide registers, where there are any. In assembler, for a compiler inlines no
// intrinsic into a function of a program that must run without them.
[[gnu::always_inline]] inline void copy_wide_line(unsigned char* to, const unsigned char* from) {
  asm volatile(
      "vmovdqu (%1), %%ymm0\n\t"
      "vmovdqu 32(%1), %%ymm1\n\t"
      "vmovdqu %%ymm0, (%0)\n\t"
      "vmovdqu %%ymm1, 32(%0)"
      :
      : "r"(to), "r"(from)
      : "xmm0", "xmm1", "memory");
}

[[gnu::always_inline]] inline void copy_wide_lines(unsigned char* to, const unsigned char* from,
                                                   std::size_t size) {
  copy_lines<copy_wide_line>(to, from, size);
  asm volatile("vzeroupper" : : : "xmm0", "xmm1");
}
#endif

// At most so many bytes are copied without a call: a function that calls none need not save the
// registers of its caller, which would cost as much as the copy.
inline constexpr std::size_t kFewBytes = 256;

[[gnu::always_inline]] inline void copy_few(unsigned char* to, const unsigned char* from,
                                            std::size_t size, [[maybe_unused]] bool wide) {
  if (size > 64) {
#if defined(__x86_64__)
    if (wide) return copy_wide_lines(to, from, size);
#endif
    copy_lines<copy_line>(to, from, size);
  } else if (size >= 32) {
    copy_ends<16>(to, from, 32);
    copy_ends<16>(to + size - 32, from + size - 32, 32);
  } else if (size >= 16) {
    copy_ends<16>(to, from, size);
  } else if (size >= 8) {
    copy_ends<8>(to, from, size);
  } else if (size >= 4) {
    copy_ends<4>(to, from, size);
  } else if (size != 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
}

using Copy = void (*)(unsigned char* to, const unsigned char* from, std::size_t size);
// Copies and pads with zeros; gives the sum over what it wrote. Each byte is read once: a payload
// that another thread changes meanwhile still gets the sum of what lies in the ring.
using SummingCopy = std::uint32_t (*)(unsigned char* to, const unsigned char* from,
                                      std::size_t size);

// From this length on it is worth asking whether to go around the caches. (16 KiB took the loop 0.5
// µs and the two others 0.6 to 0.8 where it was measured.)
inline constexpr std::size_t kLargeBytes = 32u << 10;

struct Copies {
  bool wide;            // there are wide registers
  Copy some;            // of more than kFewBytes
  Copy large;           // of kLargeBytes and more
  SummingCopy and_sum;  // of any size
};

// `trial`: bytes of the ring, all zeros and with nobody at them, that may be written with zeros to
// see what is fast. What is faster depends on the machine and on whether a ring fits its caches.
Copies choose_copies(unsigned char* trial, std::uint64_t trial_bytes);
// Without a trial: `large` is this way, or the library's where there are no wide registers.
Copies copies_by(LargeCopies way);

}  // namespace crashreel::ring
