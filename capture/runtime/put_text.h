// Texts and numbers, put one behind the other where there is no allocator and no stdio.
#pragma once

#include <string.h>

#include <cstddef>
#include <cstdint>

namespace crashreel {

// Each gives the place behind what it has put there, and ends it with nothing.
inline char* put_text(char* at, const char* text) {
  const std::size_t length = ::strlen(text);
  ::memcpy(at, text, length);
  return at + length;
}

inline constexpr std::size_t kMostDigits = 20;

inline char* put_decimal(char* at, std::uint64_t value) {
  char digits[kMostDigits];
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count != 0) *at++ = digits[--count];
  return at;
}

}  // namespace crashreel
