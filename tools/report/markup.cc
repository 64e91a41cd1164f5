#include "tools/report/markup.h"

#include <algorithm>

#include "tools/visible.h"

namespace crashreel {
namespace {

// So many bytes belong to the character that begins here; 0: it is not UTF-8. Stricter than need
// be about nothing but length and form.
std::size_t character_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  std::size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead > 0xf4 || at + size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return 0;
  }
  return size;
}

// Right-to-left marks and the like, which can make a line read otherwise than it is.
bool turns_text(std::string_view character) {
  return character.starts_with("\xe2\x80") || character.starts_with("\xe2\x81");
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string bytes_html(std::string_view bytes) {
  return escape_html(visible(bytes));
}

std::string text_html(std::string_view text) {
  std::string good;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_at(text, at);
    const std::string_view character = text.substr(at, std::max<std::size_t>(size, 1));
    const bool plain = size == 1 && character[0] != '\\' && visible(character) == character;
    const bool is_shown = character == "\\" || plain || (size > 1 && !turns_text(character));
    good += is_shown ? std::string(character) : visible(character);
    at += character.size();
  }
  return escape_html(good);
}

}  // namespace crashreel
