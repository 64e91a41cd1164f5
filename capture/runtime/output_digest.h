// How do the bytes that a program answered become eight?
//
// A running hash over the bytes in their order, however they were cut into writes: a replay whose
// socket takes half of a reply at first comes to the same digest. Equal digests of equal counts
// mean the same answer, but for accidents of one in 2^64; it is no defence against somebody who
// looks for collisions. Recorder, player and harness share it; FORMAT.md states it with vectors.
//
// Four lanes of 16 bytes each, folded by 64-bit multiplications whose 128-bit product is added up
// from its halves: some 20 GB/s, and 15 ns for a reply of five bytes. Bytes that pass through the
// kernel alone (sendfile) can't be hashed; they are counted apart, and their count goes in. libc
// only; an object of zeros is the digest of nothing.
#pragma once

#include <string.h>

#include <cstddef>
#include <cstdint>

namespace crashreel {

namespace digest_detail {

inline constexpr std::size_t kBlockBytes = 64;
// The fractions of the square roots of 2, 3, 5 …, 23, made odd.
inline constexpr std::uint64_t kSecrets[9] = {
    0x6a09e667f3bcc909, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b, 0x5be0cd19137e2179, 0xcbbb9d5dc1059ed9};

inline std::uint64_t in_order(std::uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

inline std::uint64_t word_at(const unsigned char* bytes) {
  std::uint64_t word;
  ::memcpy(&word, bytes, sizeof word);
  return in_order(word);
}

// The exclusive or of the two halves of the product.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
#ifdef __SIZEOF_INT128__
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
  const std::uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  const std::uint64_t low = a0 * b0;
  const std::uint64_t middle = a1 * b0 + (low >> 32);
  const std::uint64_t other = a0 * b1 + (middle & 0xffffffff);
  return (other << 32 | (low & 0xffffffff)) ^ (a1 * b1 + (middle >> 32) + (other >> 32));
#endif
}

// The turned lane is added so that no block can wipe out what came before it.
inline std::uint64_t next_lane(std::uint64_t lane, std::uint64_t first, std::uint64_t second,
                               unsigned number) {
  return fold(lane ^ first ^ kSecrets[2 * number], second ^ kSecrets[2 * number + 1]) +
         (lane << 23 | lane >> 41);
}
inline std::uint64_t next_lane(std::uint64_t lane, const unsigned char* block, unsigned number) {
  return next_lane(lane, word_at(block + 16 * number), word_at(block + 16 * number + 8), number);
}

// Both ends, overlapping in the middle, of a size between one width and two.
template <std::size_t width>
inline void copy_ends(unsigned char* to, const unsigned char* from, std::size_t size) {
  unsigned char ends[2][width];
  ::memcpy(ends[0], from, width);
  ::memcpy(ends[1], from + size - width, width);
  ::memcpy(to, ends[0], width);
  ::memcpy(to + size - width, ends[1], width);
}

// Less than a block, without a call: most answers are that short, and after a system call each line
// of code more is waited for.
inline void copy_short(unsigned char* to, const unsigned char* from, std::size_t size) {
  if (size >= 32) return copy_ends<32>(to, from, size);
  if (size >= 16) return copy_ends<16>(to, from, size);
  if (size >= 8) return copy_ends<8>(to, from, size);
  if (size >= 4) return copy_ends<4>(to, from, size);
  if (size == 0) return;
  to[0] = from[0];
  to[size / 2] = from[size / 2];
  to[size - 1] = from[size - 1];
}

}  // namespace digest_detail

class OutputDigest {
 public:
  [[gnu::always_inline]] inline void add(const void* from, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(from);
    const std::size_t at = seen_ % digest_detail::kBlockBytes;
    if (size >= digest_detail::kBlockBytes - at) return add_whole_blocks(bytes, size);
    seen_ += size;
    digest_detail::copy_short(rest_ + at, bytes, size);
  }

  // So many bytes were answered that nobody here has seen.
  void add_unseen(std::uint64_t size) { unseen_ += size; }

  std::uint64_t bytes() const { return seen_ + unseen_; }
  bool is_empty() const { return bytes() == 0; }

  // May be asked while another thread adds: it is of no use then, and does no harm.
  [[gnu::always_inline]] inline std::uint64_t value() const {
    using namespace digest_detail;
    const std::uint64_t seen = load(seen_);
    if (seen == 0 || seen > 16) return value_of_others();
    // What most answers are: one lane is made of their bytes, the others are those of nothing.
    const std::uint64_t first = word_of(0, seen), second = word_of(8, seen);
    return value_of(seen, load(unseen_), next_lane(0, first, second, 0), next_lane(0, 0, 0, 1),
                    next_lane(0, 0, 0, 2), next_lane(0, 0, 0, 3));
  }

  // As it was made.
  void reset() {
    for (std::uint64_t& lane : lanes_) lane = 0;
    seen_ = unseen_ = 0;  // and nothing of rest_ counts
  }

 private:
  static std::uint64_t load(const std::uint64_t& word) {
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
  }

  // Of the bytes at this place of rest_, when so many there count.
  std::uint64_t word_of(std::size_t place, std::uint64_t count) const {
    const std::uint64_t word = digest_detail::in_order(load(rest_words_[place / 8]));
    if (count >= place + 8) return word;
    return count <= place ? 0 : word & ((std::uint64_t{1} << 8 * (count - place)) - 1);
  }

  static std::uint64_t value_of(std::uint64_t seen, std::uint64_t unseen, std::uint64_t a,
                                std::uint64_t b, std::uint64_t c, std::uint64_t d) {
    using namespace digest_detail;
    std::uint64_t value = fold(seen ^ kSecrets[0], unseen ^ kSecrets[8]);
    value = fold(value ^ a ^ kSecrets[2], b ^ kSecrets[3]) + value;
    value = fold(value ^ c ^ kSecrets[4], d ^ kSecrets[5]) + value;
    return fold(value ^ kSecrets[6], kSecrets[7]);
  }

  [[gnu::noinline]] std::uint64_t value_of_others() const {
    using namespace digest_detail;
    const std::uint64_t seen = load(seen_);
    std::uint64_t a = load(lanes_[0]), b = load(lanes_[1]), c = load(lanes_[2]),
                  d = load(lanes_[3]);
    if (const std::uint64_t at = seen % kBlockBytes; at != 0) {
      a = next_lane(a, word_of(0, at), word_of(8, at), 0);
      b = next_lane(b, word_of(16, at), word_of(24, at), 1);
      c = next_lane(c, word_of(32, at), word_of(40, at), 2);
      d = next_lane(d, word_of(48, at), word_of(56, at), 3);
    }
    return value_of(seen, load(unseen_), a, b, c, d);
  }

  // Of at least as many bytes as the block lacks.
  [[gnu::noinline]] void add_whole_blocks(const unsigned char* bytes, std::size_t size) {
    using digest_detail::kBlockBytes;
    const std::size_t at = seen_ % kBlockBytes;
    seen_ += size;
    if (at != 0) {
      const std::size_t part = kBlockBytes - at;
      digest_detail::copy_short(rest_ + at, bytes, part);
      add_blocks(lanes_, rest_, 1);
      bytes += part;
      size -= part;
    }
    add_blocks(lanes_, bytes, size / kBlockBytes);
    digest_detail::copy_short(rest_, bytes + size / kBlockBytes * kBlockBytes, size % kBlockBytes);
  }

  static void add_blocks(std::uint64_t* lanes, const unsigned char* bytes, std::size_t count) {
    using digest_detail::next_lane;
    std::uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
    for (; count != 0; --count, bytes += digest_detail::kBlockBytes) {
      a = next_lane(a, bytes, 0);
      b = next_lane(b, bytes, 1);
      c = next_lane(c, bytes, 2);
      d = next_lane(d, bytes, 3);
    }
    lanes[0] = a, lanes[1] = b, lanes[2] = c, lanes[3] = d;
  }

  std::uint64_t lanes_[4] = {};
  std::uint64_t seen_ = 0;    // bytes that were added
  std::uint64_t unseen_ = 0;  // bytes that were only counted
  // seen_ modulo the block: not yet in a lane.
  union {
    unsigned char rest_[digest_detail::kBlockBytes] = {};
    std::uint64_t rest_words_[digest_detail::kBlockBytes / 8];
  };
};

}  // namespace crashreel
