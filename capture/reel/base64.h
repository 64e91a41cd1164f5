// How do bytes travel in text? Base64 of RFC 4648, section 4, with padding. Decoding is strict: one
// text for one value, so no line breaks, no other alphabet, no missing padding, no stray bits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crashreel {

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace crashreel
