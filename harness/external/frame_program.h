// Where do a caller's registers lie at one place of a function?
//
// The little programs of call frame information, without loops. Hostile: whatever they are, the
// result is a wrong frame or none.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/external/call_frames.h"
#include "harness/external/dwarf_bytes.h"

namespace crashreel {

struct RegisterRule {
  enum class Kind : std::uint8_t {
    kSame,        // as in the function called
    kUndefined,   // lost; of the return address: there is no caller
    kAt,          // at the frame's address + offset
    kIs,          // is that address
    kIn,          // in another register
    kExpression,  // at what the expression says
    kValue        // is what the expression says
  };
  Kind kind = Kind::kSame;
  std::int64_t offset = 0;
  std::string_view expression;
};

struct FrameRules {
  std::uint64_t cfa_register = kStackRegister;
  std::int64_t cfa_offset = 0;
  std::string_view cfa_expression;  // instead of these two, where there is one
  std::array<RegisterRule, kDwarfRegisters> registers;
};

struct FrameFactors {
  std::uint64_t code = 1;
  std::int64_t data = 1;
};

class FrameProgram {
 public:
  explicit FrameProgram(const FrameFactors& factors) : factors_(factors) {}

  // What every function of the kind begins with; then the function's own, up to this place of it.
  // False: it can't be understood.
  bool begin(std::string_view common);
  bool run(std::string_view program, std::uint64_t begin, std::uint64_t place);

  const FrameRules& rules() const { return rules_; }

 private:
  bool run(std::string_view program);
  bool run_one(DwarfBytes& bytes);
  bool run_about(std::uint8_t what, std::uint64_t number, DwarfBytes& bytes);
  void set(std::uint64_t number, RegisterRule rule);

  FrameFactors factors_;
  FrameRules rules_;
  FrameRules first_;
  std::vector<FrameRules> remembered_;
  std::uint64_t at_ = 0;
  std::uint64_t place_ = UINT64_MAX;
};

// The caller's registers by these rules.
bool apply(const FrameRules& rules, std::uint64_t return_register, const ReadMemory& read,
           FrameRegisters& registers);

}  // namespace crashreel
