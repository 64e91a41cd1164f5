// How do a payload's bytes get into the ring?
//
// Plainly, without a call where they are few, or around the caches where the machine has such
// stores: a payload of 16 KiB and more in a ring larger than the cache would only evict the
// program's own data (64 KiB: 2.6 instead of 4.3 µs). The caller publishes afterwards with a
// release store; the fence that streaming needs is here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

// At most so many bytes are copied without a call: a function that calls none need not save the
// registers of its caller, which would cost as much as the copy.
inline constexpr std::size_t kFewBytes = 64;

[[gnu::always_inline]] inline void copy_few(unsigned char* to, const unsigned char* from,
                                            std::size_t size) {
  if (size >= 32) {
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

#if defined(__SSE2__)
inline void copy_streaming(unsigned char* to, const unsigned char* from, std::size_t size) {
  const std::size_t head = -reinterpret_cast<std::uintptr_t>(to) & 63;
  std::memcpy(to, from, head);
  to += head, from += head, size -= head;
  for (; size >= 64; to += 64, from += 64, size -= 64) {
    const auto* source = reinterpret_cast<const __m128i*>(from);
    auto* target = reinterpret_cast<__m128i*>(to);
    const __m128i a = _mm_loadu_si128(source), b = _mm_loadu_si128(source + 1),
                  c = _mm_loadu_si128(source + 2), d = _mm_loadu_si128(source + 3);
    _mm_stream_si128(target, a);
    _mm_stream_si128(target + 1, b);
    _mm_stream_si128(target + 2, c);
    _mm_stream_si128(target + 3, d);
  }
  std::memcpy(to, from, size);
  _mm_sfence();
}
#else
inline void copy_streaming(unsigned char* to, const unsigned char* from, std::size_t size) {
  std::memcpy(to, from, size);
}
#endif

}  // namespace crashreel::ring
