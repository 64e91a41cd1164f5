#include "harness/external/dwarf_expression.h"

#include <array>

#include "harness/external/dwarf_bytes.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostStack = 64;

// DWARF's stack machine, as far as call frames use it.
class Expression {
 public:
  Expression(std::string_view text, const FrameRegisters& registers, const ReadMemory& read)
      : bytes_(text), registers_(registers), read_(read) {}

  bool evaluate(std::uint64_t first, std::uint64_t& result) {
    push(first);
    while (good_ && !bytes_.at_end()) step(bytes_.fixed<std::uint8_t>());
    if (!good_ || !bytes_.good() || depth_ == 0) return false;
    result = stack_[depth_ - 1];
    return true;
  }

 private:
  void push(std::uint64_t value) {
    good_ = good_ && depth_ < kMostStack;
    if (good_) stack_[depth_++] = value;
  }

  std::uint64_t pop() {
    good_ = good_ && depth_ > 0;
    return good_ ? stack_[--depth_] : 0;
  }

  void step(std::uint8_t what) {
    if (what >= 0x30 && what <= 0x4f) return push(what - 0x30u);  // lit0 ...
    if (what >= 0x70 && what <= 0x8f) {                           // breg0 ...
      const auto offset = static_cast<std::uint64_t>(bytes_.sleb());
      good_ = good_ && what - 0x70u < kDwarfRegisters;
      return push(good_ ? registers_.values[what - 0x70u] + offset : 0);
    }
    if (what >= 0x08 && what <= 0x11) return push(constant(what));
    if (what >= 0x12 && what <= 0x16) return move(what);
    compute(what);
  }

  template <typename Number>
  std::uint64_t signed_one() {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(bytes_.fixed<Number>()));
  }

  std::uint64_t constant(std::uint8_t what) {
    switch (what) {
      case 0x08:
        return bytes_.fixed<std::uint8_t>();
      case 0x09:
        return signed_one<std::int8_t>();
      case 0x0a:
        return bytes_.fixed<std::uint16_t>();
      case 0x0b:
        return signed_one<std::int16_t>();
      case 0x0c:
        return bytes_.fixed<std::uint32_t>();
      case 0x0d:
        return signed_one<std::int32_t>();
      case 0x10:
        return bytes_.uleb();
      case 0x11:
        return static_cast<std::uint64_t>(bytes_.sleb());
      default:
        return bytes_.fixed<std::uint64_t>();
    }
  }

  void move(std::uint8_t what) {
    const std::uint64_t top = pop();
    if (what == 0x13) return;  // drop
    if (what == 0x12) {        // dup
      push(top);
      return push(top);
    }
    const std::uint64_t second = pop();
    if (what == 0x14) {  // over
      push(second);
      push(top);
      return push(second);
    }
    good_ = good_ && what == 0x16;  // swap
    push(top);
    push(second);
  }

  void compute(std::uint8_t what) {
    if (what == 0x23) return push(pop() + bytes_.uleb());
    const std::uint64_t b = pop();
    if (what == 0x06) {
      std::uint64_t value = 0;
      good_ = good_ && read_(b, &value, sizeof value);
      return push(value);
    }
    const std::uint64_t a = pop();
    const auto sa = static_cast<std::int64_t>(a);
    const auto sb = static_cast<std::int64_t>(b);
    switch (what) {
      case 0x1a:
        return push(a & b);
      case 0x1c:
        return push(a - b);
      case 0x1e:
        return push(a * b);
      case 0x21:
        return push(a | b);
      case 0x22:
        return push(a + b);
      case 0x24:
        return push(b < 64 ? a << b : 0);
      case 0x25:
        return push(b < 64 ? a >> b : 0);
      case 0x29:
        return push(a == b);
      case 0x2a:
        return push(sa >= sb);
      case 0x2b:
        return push(sa > sb);
      case 0x2c:
        return push(sa <= sb);
      case 0x2d:
        return push(sa < sb);
      case 0x2e:
        return push(a != b);
      default:
        good_ = false;
    }
  }

  DwarfBytes bytes_;
  const FrameRegisters& registers_;
  const ReadMemory& read_;
  std::array<std::uint64_t, kMostStack> stack_{};
  std::size_t depth_ = 0;
  bool good_ = true;
};

}  // namespace

bool evaluate(std::string_view expression, const FrameRegisters& registers, const ReadMemory& read,
              std::uint64_t first, std::uint64_t& result) {
  return Expression(expression, registers, read).evaluate(first, result);
}

}  // namespace crashreel
