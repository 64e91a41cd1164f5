#include "tools/duration.h"

#include <array>
#include <string>

#include "tools/quantity.h"

namespace crashreel {
namespace {

struct TimeUnit {
  std::string_view name;
  std::uint64_t milliseconds;
};

// The longer name first where one ends in the other.
constexpr std::array kTimeUnits{TimeUnit{"ms", 1}, TimeUnit{"s", 1000}, TimeUnit{"min", 60'000},
                                TimeUnit{"h", 3'600'000}};
constexpr std::uint64_t kMostMilliseconds = 366ull * 24 * 3'600'000;

}  // namespace

Result<std::uint64_t> parse_milliseconds(std::string_view text) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (!text.ends_with(unit.name)) continue;
    std::uint64_t number = 0;
    if (!parse_digits(text.substr(0, text.size() - unit.name.size()), number)) break;
    if (number == 0 || number > kMostMilliseconds / unit.milliseconds) break;
    return number * unit.milliseconds;
  }
  return Error{Trouble::kUsage, "'" + std::string(text) +
                                    "' is not a time; write a whole number from 1 with ms, s, min "
                                    "or h, at most a year, for example 30s"};
}

}  // namespace crashreel
