// How do people write and read amounts?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/base/result.h"

namespace crashreel {

// "64MiB", "512KiB", "1GiB", "2TiB", or plain bytes. Nothing else: a bare K or MB means different
// things to different people.
Result<std::uint64_t> parse_size(std::string_view text);

// The whole of `text` as a decimal number; false when it is anything else or too large.
bool parse_digits(std::string_view text, std::uint64_t& number);

// A whole decimal number from 1 to `most`.
Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t most);

// 1234567 as "1,234,567": exact, and still readable.
std::string grouped(std::uint64_t number);

// "1 input", "2,000 inputs", "3 tries".
std::string counted(std::uint64_t number, std::string_view singular);

// Bytes exactly, and in a larger unit beside it where that helps: "1,572,864 bytes (1.5 MiB)".
std::string bytes_text(std::uint64_t bytes);

// Sixteen digits, as digests are told.
std::string hex_text(std::uint64_t number);

// Nanoseconds as seconds with six places: "12.000345 s".
std::string seconds_text(std::uint64_t nanoseconds);

}  // namespace crashreel
