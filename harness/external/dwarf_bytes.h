// Reads DWARF's numbers off bytes that may be hostile.
//
// Past the end everything is 0, and good() says so from then on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace crashreel {

class DwarfBytes {
 public:
  explicit DwarfBytes(std::string_view bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  bool at_end() const { return !good_ || at_ == bytes_.size(); }
  std::size_t at() const { return at_; }

  template <typename Number>
  Number fixed() {
    Number number = 0;
    if (bytes_.size() - at_ < sizeof number) return fail(), number;
    std::memcpy(&number, bytes_.data() + at_, sizeof number);
    at_ += sizeof number;
    return number;
  }

  std::uint64_t uleb() {
    std::uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = fixed<std::uint8_t>();
      if (shift < 64) number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return number;
    }
  }

  std::int64_t sleb() {
    std::uint64_t number = 0;
    for (unsigned shift = 0;;) {
      const auto byte = fixed<std::uint8_t>();
      if (shift < 64) number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if (shift < 64 && (byte & 0x40) != 0) number |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(number);
    }
  }

  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) return fail(), std::string_view();
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  // To the 0 that ends it, without that.
  std::string_view text() {
    const std::size_t end = bytes_.find('\0', at_);
    if (end == std::string_view::npos) return fail(), std::string_view();
    const std::string_view taken = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return taken;
  }

 private:
  void fail() {
    good_ = false;
    at_ = bytes_.size();
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace crashreel
