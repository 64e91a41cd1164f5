// What does gdb's part ask of crashreel? One message, parsed: whatever bytes it is.
//
// A message is a JSON object (dialogue.h has the list). What is missing, or is no number, is empty;
// members that are not known are passed over. Knows no answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crashreel {

enum class Asked { kHello, kGo, kUntil, kOn, kAt, kInputs };

struct Question {
  Asked asked = Asked::kHello;
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> from;
  std::optional<std::uint64_t> to;
  bool fresh = false;

  bool operator==(const Question&) const = default;
};

// Empty: it is none that we know.
std::optional<Question> parse_question(std::string_view message);

// As gdb's part writes it.
std::string text_of(const Question& question);

}  // namespace crashreel
