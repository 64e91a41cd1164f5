// What is in this file? Whole, or not at all.
#pragma once

#include <cstdint>
#include <string>

#include "capture/base/result.h"

namespace crashreel {

// "-" is standard input. What is longer than `most` bytes is refused as soon as that is seen.
Result<std::string> read_file(const std::string& path, std::uint64_t most);

}  // namespace crashreel
