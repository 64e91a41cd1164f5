// How do people write how long something takes?
#pragma once

#include <cstdint>
#include <string_view>

#include "capture/base/result.h"

namespace crashreel {

// "30s", "500ms", "10min", "2h", in milliseconds; at least 1 of them, at most a year.
Result<std::uint64_t> parse_milliseconds(std::string_view text);

}  // namespace crashreel
