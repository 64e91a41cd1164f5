// After FIPS 180-4, section 6.1; the names are the standard's.
#include "corpus/sha1.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace crashreel {
namespace {

using State = std::array<std::uint32_t, 5>;
constexpr std::size_t kBlockBytes = 64;

std::uint32_t big_endian(const char* p) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(p[i]);
  return value;
}

void add_block(State& hash, const char* block) {
  std::array<std::uint32_t, 80> w;
  for (std::size_t t = 0; t < 16; ++t) w[t] = big_endian(block + 4 * t);
  for (std::size_t t = 16; t < 80; ++t)
    w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  auto [a, b, c, d, e] = hash;
  for (std::size_t t = 0; t < 80; ++t) {
    std::uint32_t f = b ^ c ^ d;
    std::uint32_t k = t < 40 ? 0x6ed9eba1 : 0xca62c1d6;
    if (t < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (t >= 40 && t < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    }
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  hash = {hash[0] + a, hash[1] + b, hash[2] + c, hash[3] + d, hash[4] + e};
}

// The last bytes, the bit 1, zeros, and the length in bits: one block or two.
std::string padded(std::string_view last, std::uint64_t total_bytes) {
  std::string end(last);
  end += '\x80';
  while (end.size() % kBlockBytes != kBlockBytes - 8) end += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) end += static_cast<char>(total_bytes * 8 >> shift);
  return end;
}

}  // namespace

std::string sha1_hex(std::string_view bytes) {
  State hash = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::size_t whole = bytes.size() / kBlockBytes * kBlockBytes;
  for (std::size_t at = 0; at < whole; at += kBlockBytes) add_block(hash, bytes.data() + at);
  const std::string end = padded(bytes.substr(whole), bytes.size());
  for (std::size_t at = 0; at < end.size(); at += kBlockBytes) add_block(hash, end.data() + at);
  std::string hex;
  for (std::uint32_t word : hash)
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 15];
  return hex;
}

}  // namespace crashreel
