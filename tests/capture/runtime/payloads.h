// Payloads that say themselves who made them, as the how-manyeth, and whether they are whole.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace crashreel {

struct Label {
  std::uint32_t writer = 0;
  std::uint32_t number = 0;

  bool operator==(const Label&) const = default;
};

inline constexpr std::size_t kLabelBytes = 8;

inline unsigned char filling(const Label& label, std::size_t at) {
  const std::uint64_t mixed =
      (label.writer * 31 + label.number + at / 8 * 7 + 1) * 0x9e3779b97f4a7c15;
  return static_cast<unsigned char>(mixed >> (at % 8 * 8));
}

// `to` has room for `size` bytes, which are at least kLabelBytes.
inline void make_payload(const Label& label, std::size_t size, char* to) {
  std::memcpy(to, &label.writer, 4);
  std::memcpy(to + 4, &label.number, 4);
  for (std::size_t i = kLabelBytes; i < size; ++i) to[i] = static_cast<char>(filling(label, i));
}

inline std::string payload(const Label& label, std::size_t size) {
  std::string bytes(size, '\0');
  make_payload(label, size, bytes.data());
  return bytes;
}

// Nothing if a byte is not what it should be.
inline std::optional<Label> read_payload(std::string_view bytes) {
  if (bytes.size() < kLabelBytes) return std::nullopt;
  Label label;
  std::memcpy(&label.writer, bytes.data(), 4);
  std::memcpy(&label.number, bytes.data() + 4, 4);
  for (std::size_t i = kLabelBytes; i < bytes.size(); ++i) {
    if (static_cast<unsigned char>(bytes[i]) != filling(label, i)) return std::nullopt;
  }
  return label;
}

}  // namespace crashreel
