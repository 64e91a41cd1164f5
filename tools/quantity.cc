#include "tools/quantity.h"

#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <limits>

namespace crashreel {
namespace {

struct Unit {
  std::string_view name;
  unsigned shift;
};

constexpr std::array kUnits{Unit{"KiB", 10}, Unit{"MiB", 20}, Unit{"GiB", 30}, Unit{"TiB", 40}};

Error not_a_size(std::string_view text) {
  return {Trouble::kUsage, "'" + std::string(text) +
                               "' is not a size; write whole bytes, or a number with KiB, MiB, GiB "
                               "or TiB, for example 64MiB"};
}

std::string formatted(const char* format, double number) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, number);
  return buffer.data();
}

}  // namespace

bool parse_digits(std::string_view text, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && !text.empty();
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view digits = text;
  unsigned shift = 0;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    digits.remove_suffix(unit.name.size());
    shift = unit.shift;
  }
  std::uint64_t number = 0;
  if (!parse_digits(digits, number)) return not_a_size(text);
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return not_a_size(text);
  return number << shift;
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  if (parse_digits(text, number) && number >= 1 && number <= most) return number;
  std::string bound = most == std::numeric_limits<std::uint64_t>::max()
                          ? "a whole number from 1"
                          : "a whole number from 1 to " + grouped(most);
  return Error{Trouble::kUsage, "'" + std::string(text) + "' is not " + bound};
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t number, std::string_view singular) {
  std::string text = grouped(number) + " ";
  if (number == 1) return text.append(singular);
  if (!singular.ends_with("try")) return text.append(singular) + "s";
  return text.append(singular.substr(0, singular.size() - 1)) + "ies";
}

std::string bytes_text(std::uint64_t bytes) {
  std::string text = counted(bytes, "byte");
  const Unit* best = nullptr;
  for (const Unit& unit : kUnits) {
    if (bytes >> unit.shift != 0) best = &unit;
  }
  if (best == nullptr) return text;
  double amount = static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << best->shift);
  return text + " (" + formatted("%.1f ", amount) + std::string(best->name) + ")";
}

std::string hex_text(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, number);
  return text;
}

std::string seconds_text(std::uint64_t nanoseconds) {
  // In whole microseconds: a double of nanoseconds since 1970 would already round.
  std::uint64_t microseconds = nanoseconds / 1000;
  std::string places = std::to_string(microseconds % 1'000'000);
  return std::to_string(microseconds / 1'000'000) + "." + std::string(6 - places.size(), '0') +
         places + " s";
}

}  // namespace crashreel
