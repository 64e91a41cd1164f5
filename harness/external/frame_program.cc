#include "harness/external/frame_program.h"

#include "harness/external/dwarf_expression.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostRemembered = 64;

enum Instruction : std::uint8_t {
  kNop = 0x00,
  kAdvance1 = 0x02,
  kAdvance2 = 0x03,
  kAdvance4 = 0x04,
  kOffsetExtended = 0x05,
  kRestoreExtended = 0x06,
  kUndefined = 0x07,
  kSameValue = 0x08,
  kRegister = 0x09,
  kRemember = 0x0a,
  kRestoreState = 0x0b,
  kCfa = 0x0c,
  kCfaRegister = 0x0d,
  kCfaOffset = 0x0e,
  kCfaExpression = 0x0f,
  kExpression = 0x10,
  kOffsetExtendedSigned = 0x11,
  kCfaSigned = 0x12,
  kCfaOffsetSigned = 0x13,
  kValueOffset = 0x14,
  kValueOffsetSigned = 0x15,
  kValueExpression = 0x16,
  kNegateReturnState = 0x2d,  // AArch64's: the return address is signed, or is not any more
  kArgumentsSize = 0x2e,
};

using Kind = RegisterRule::Kind;

std::int64_t times(std::uint64_t number, std::int64_t factor) {
  return static_cast<std::int64_t>(number * static_cast<std::uint64_t>(factor));
}

}  // namespace

bool FrameProgram::begin(std::string_view common) {
  const bool good = run(common);
  first_ = rules_;
  return good;
}

bool FrameProgram::run(std::string_view program, std::uint64_t begin, std::uint64_t place) {
  at_ = begin;
  place_ = place;
  return run(program);
}

bool FrameProgram::run(std::string_view program) {
  DwarfBytes bytes(program);
  while (at_ <= place_ && !bytes.at_end()) {
    if (!run_one(bytes)) return false;
  }
  return bytes.good();
}

void FrameProgram::set(std::uint64_t number, RegisterRule rule) {
  if (number < kDwarfRegisters) rules_.registers[number] = rule;  // others nobody asks for
}

bool FrameProgram::run_one(DwarfBytes& bytes) {
  const auto what = bytes.fixed<std::uint8_t>();
  const std::uint64_t low = what & 0x3f;
  const auto data = [&](std::uint64_t number) { return times(number, factors_.data); };
  const auto advance = [&](std::uint64_t by) {
    // What comes behind holds for later places alone.
    at_ += by * factors_.code;
    return true;
  };
  const auto restore = [&](std::uint64_t number) {
    if (number < kDwarfRegisters) rules_.registers[number] = first_.registers[number];
    return true;
  };
  if (what >> 6 == 1) return advance(low);
  if (what >> 6 == 2) return set(low, {Kind::kAt, data(bytes.uleb()), {}}), true;
  if (what >> 6 == 3) return restore(low);
  switch (what) {
    case kNop:
    case kNegateReturnState:
      return true;
    case kArgumentsSize:
      return bytes.uleb(), true;
    case kAdvance1:
      return advance(bytes.fixed<std::uint8_t>());
    case kAdvance2:
      return advance(bytes.fixed<std::uint16_t>());
    case kAdvance4:
      return advance(bytes.fixed<std::uint32_t>());
    case kRestoreExtended:
      return restore(bytes.uleb());
    case kRemember:
      if (remembered_.size() == kMostRemembered) return false;
      return remembered_.push_back(rules_), true;
    case kRestoreState:
      if (remembered_.empty()) return false;
      rules_ = remembered_.back();
      return remembered_.pop_back(), true;
    case kCfa:
    case kCfaSigned:
      rules_.cfa_register = bytes.uleb();
      rules_.cfa_offset = what == kCfa ? static_cast<std::int64_t>(bytes.uleb())
                                       : data(static_cast<std::uint64_t>(bytes.sleb()));
      return rules_.cfa_expression = {}, true;
    case kCfaRegister:
      rules_.cfa_register = bytes.uleb();
      return rules_.cfa_expression = {}, true;
    case kCfaOffset:
      return rules_.cfa_offset = static_cast<std::int64_t>(bytes.uleb()), true;
    case kCfaOffsetSigned:
      return rules_.cfa_offset = data(static_cast<std::uint64_t>(bytes.sleb())), true;
    case kCfaExpression:
      return rules_.cfa_expression = bytes.take(bytes.uleb()), true;
    default:  // all others are about one register
      return run_about(what, bytes.uleb(), bytes);
  }
}

bool FrameProgram::run_about(std::uint8_t what, std::uint64_t number, DwarfBytes& bytes) {
  const auto data = [&](std::uint64_t times_factor) { return times(times_factor, factors_.data); };
  switch (what) {
    case kOffsetExtended:
      return set(number, {Kind::kAt, data(bytes.uleb()), {}}), true;
    case kOffsetExtendedSigned:
      return set(number, {Kind::kAt, data(static_cast<std::uint64_t>(bytes.sleb())), {}}), true;
    case kValueOffset:
      return set(number, {Kind::kIs, data(bytes.uleb()), {}}), true;
    case kValueOffsetSigned:
      return set(number, {Kind::kIs, data(static_cast<std::uint64_t>(bytes.sleb())), {}}), true;
    case kUndefined:
      return set(number, {Kind::kUndefined, 0, {}}), true;
    case kSameValue:
      return set(number, {Kind::kSame, 0, {}}), true;
    case kRegister:
      return set(number, {Kind::kIn, static_cast<std::int64_t>(bytes.uleb()), {}}), true;
    case kExpression:
      return set(number, {Kind::kExpression, 0, bytes.take(bytes.uleb())}), true;
    case kValueExpression:
      return set(number, {Kind::kValue, 0, bytes.take(bytes.uleb())}), true;
    default:
      return false;
  }
}

bool apply(const FrameRules& rules, std::uint64_t return_register, const ReadMemory& read,
           FrameRegisters& registers) {
  std::uint64_t cfa = 0;
  if (!rules.cfa_expression.empty()) {
    if (!evaluate(rules.cfa_expression, registers, read, 0, cfa)) return false;
  } else {
    if (rules.cfa_register >= kDwarfRegisters) return false;
    cfa = registers.values[rules.cfa_register] + static_cast<std::uint64_t>(rules.cfa_offset);
  }
  FrameRegisters caller = registers;
  caller.values[kStackRegister] = cfa;
  for (unsigned number = 0; number < kDwarfRegisters; ++number) {
    const RegisterRule& rule = rules.registers[number];
    std::uint64_t& value = caller.values[number];
    const std::uint64_t place = cfa + static_cast<std::uint64_t>(rule.offset);
    std::uint64_t at = 0;
    switch (rule.kind) {
      case Kind::kSame:
        break;
      case Kind::kUndefined:
        value = 0;
        break;
      case Kind::kAt:
        if (!read(place, &value, sizeof value)) return false;
        break;
      case Kind::kIs:
        value = place;
        break;
      case Kind::kIn:
        if (static_cast<std::uint64_t>(rule.offset) >= kDwarfRegisters) return false;
        value = registers.values[static_cast<std::size_t>(rule.offset)];
        break;
      case Kind::kExpression:
        if (!evaluate(rule.expression, registers, read, cfa, at)) return false;
        if (!read(at, &value, sizeof value)) return false;
        break;
      case Kind::kValue:
        if (!evaluate(rule.expression, registers, read, cfa, value)) return false;
        break;
    }
  }
  if (return_register >= kDwarfRegisters) return false;
  caller.pc = caller.values[return_register];
  registers = caller;
  return caller.pc != 0;
}

}  // namespace crashreel
