#include "capture/runtime/redact_hash.h"

#include <string.h>

namespace crashreel::redact {
namespace {

std::uint64_t rotated(std::uint64_t value, unsigned bits) {
  return value << bits | value >> (64 - bits);
}

struct State {
  std::uint64_t a, b, c, d;

  void round() {
    a += b;
    c += d;
    b = rotated(b, 13) ^ a;
    d = rotated(d, 16) ^ c;
    a = rotated(a, 32);
    c += b;
    a += d;
    b = rotated(b, 17) ^ c;
    d = rotated(d, 21) ^ a;
    c = rotated(c, 32);
  }

  void take(std::uint64_t word) {
    d ^= word;
    round();
    round();
    a ^= word;
  }
};

// Little-endian, whatever the machine is: the letters are the same everywhere.
std::uint64_t word_of(const unsigned char* bytes, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{bytes[i]} << (8 * i);
  return word;
}

}  // namespace

std::uint64_t siphash(const Key& key, const unsigned char* bytes, std::size_t size) {
  State state{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d,
              key.low ^ 0x6c7967656e657261, key.high ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; size - at >= 8; at += 8) state.take(word_of(bytes + at, 8));
  state.take(word_of(bytes + at, size - at) | static_cast<std::uint64_t>(size) << 56);
  state.c ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

Key key_of(const char* phrase, std::size_t size) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(phrase);
  return {siphash({0, 1}, bytes, size), siphash({0, 2}, bytes, size)};
}

// Block i of the letters is the hash of (hash, i): sixteen letters of four bits each.
void put_letters(const Key& key, std::uint64_t hash, std::size_t from, unsigned char* to,
                 std::size_t size) {
  constexpr std::size_t kLettersInBlock = 16;
  std::uint64_t block = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t letter = from + i;
    if (i == 0 || letter % kLettersInBlock == 0) {
      unsigned char text[16];
      for (unsigned k = 0; k < 8; ++k) {
        text[k] = static_cast<unsigned char>(hash >> (8 * k));
        text[8 + k] =
            static_cast<unsigned char>(std::uint64_t{letter / kLettersInBlock} >> (8 * k));
      }
      block = siphash(key, text, sizeof text);
    }
    to[i] = static_cast<unsigned char>('a' + (block >> (4 * (letter % kLettersInBlock)) & 15));
  }
}

}  // namespace crashreel::redact
