// Are these bytes still what they were? CRC32C (Castagnoli): every flip of one to three bits and
// every burst up to 32 bits is found. It finds accidents and refuses to know of forgery.
#pragma once

#include <cstdint>
#include <string_view>

namespace crashreel {

// Of "123456789" it is 0xe3069283.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace crashreel
