// How is a line of text put together without a heap?
//
// For openings and notes. What does not fit is left out. libc only; may run in a signal handler.
#pragma once

#include <string.h>

#include <cstddef>
#include <cstdint>

namespace crashreel {

class Line {
 public:
  Line(char* text, std::size_t capacity) : text_(text), capacity_(capacity) {}

  void add(const char* bytes, std::size_t size) {
    if (size > capacity_ - size_) size = capacity_ - size_;
    ::memcpy(text_ + size_, bytes, size);
    size_ += size;
  }
  void add(const char* word) { add(word, ::strlen(word)); }

  void add_number(std::uint32_t number) {
    char digits[10];
    std::size_t first = sizeof(digits);
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    add(digits + first, sizeof(digits) - first);
  }

  // Printable ASCII as it is, everything else and '\' as "\x5c"; so is a space, unless the name may
  // have several words. A name is not cut in the middle of such an escape.
  void add_name(const char* bytes, std::size_t size, bool one_word = true) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      const bool plain = byte > ' ' && byte < 0x7f && byte != '\\';
      if (plain || (byte == ' ' && !one_word)) {
        add(bytes + i, 1);
        continue;
      }
      const char escape[] = {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      if (capacity_ - size_ < sizeof(escape)) return;
      add(escape, sizeof(escape));
    }
  }

  std::size_t size() const { return size_; }

 private:
  char* text_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace crashreel
