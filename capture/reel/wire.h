// How do numbers and texts lie in our files?
//
// Little-endian fixed numbers, LEB128 varints in their shortest form, texts with their length in
// front. The reader takes hostile bytes: after the first one that does not fit it is failed for
// good and gives zeros, so a decoder reads all its fields and asks once at the end. It refuses to
// know what the fields mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace crashreel {

template <typename Unsigned>
void put_fixed(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(value); ++i)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

inline void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Small numbers of either sign become small unsigned ones.
inline std::uint64_t zigzag(std::uint64_t twos_complement) {
  return (twos_complement << 1) ^ (0 - (twos_complement >> 63));
}
inline std::uint64_t unzigzag(std::uint64_t value) {
  return (value >> 1) ^ (0 - (value & 1));
}

inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}
inline void put_texts(std::string& out, std::span<const std::string> texts) {
  put_varint(out, texts.size());
  for (const std::string& text : texts) put_text(out, text);
}

inline constexpr std::uint64_t kMaxU32 = 0xffffffff;  // of a varint that is kept in 32 bits

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  // Nothing failed so far, and nothing is left over.
  bool done() const { return ok_ && rest_.empty(); }
  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

  template <typename Unsigned>
  Unsigned fixed() {
    std::string_view bytes = take(sizeof(Unsigned));
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return static_cast<Unsigned>(value);
  }

  // A varint that is not above `most`.
  std::uint64_t varint(std::uint64_t most = UINT64_MAX) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < rest_.size() && i < 10; ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      if (i == 9 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if (byte >= 0x80) continue;
      if ((byte == 0 && i > 0) || value > most) break;
      rest_.remove_prefix(i + 1);
      return value;
    }
    return fail(), 0;
  }

  bool boolean() { return varint(1) != 0; }
  std::string text() { return std::string(take(varint())); }

  // The next `size` bytes; empty, and failed, where there are fewer.
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) return fail(), std::string_view();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  void fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace crashreel
