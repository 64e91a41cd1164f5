// Words and numbers, for who has no libc.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace crashreel::keeper {

// A text that is put together. What has no room is left out, and a zero is always at its end.
template <size_t kBytes>
class Line {
 public:
  Line& add(const char* text) {
    while (*text != 0 && used_ < kBytes - 1) text_[used_++] = *text++;
    text_[used_] = 0;
    return *this;
  }

  Line& add_number(uint64_t number, unsigned base = 10) {
    char digits[65];
    char* first = digits + sizeof digits - 1;
    *first = 0;
    do {
      *--first = static_cast<char>('0' + number % base);
      number /= base;
    } while (number != 0);
    return add(first);
  }

  const char* text() const { return text_; }

 private:
  size_t used_ = 0;
  char text_[kBytes];  // no more of it is written than is used
};

// The number at `*at`, which is put behind it; without a digit there it stays where it is.
inline uint64_t take_number(const char** at) {
  uint64_t number = 0;
  for (; **at >= '0' && **at <= '9'; ++*at)
    number = number * 10 + static_cast<unsigned>(**at - '0');
  return number;
}

inline uint64_t number_in(const char* text) {
  return take_number(&text);
}

}  // namespace crashreel::keeper
