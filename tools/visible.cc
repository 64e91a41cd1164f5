#include "tools/visible.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace crashreel {
namespace {

bool is_control(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_plain(char c) {
  return !is_control(c) && static_cast<unsigned char>(c) < 0x80;
}

std::string hex_escape(char c) {
  std::array<char, 5> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "\\x%02x", static_cast<unsigned char>(c));
  return buffer.data();
}

std::string escape(char c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\0':
      return "\\0";
    case '\\':
      return "\\\\";
    default:
      return is_plain(c) ? std::string(1, c) : hex_escape(c);
  }
}

bool needs_no_quotes(char c) {
  constexpr std::string_view kSafe = "_-./:,=+@%";
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || kSafe.find(c) != std::string_view::npos;
}

}  // namespace

std::string visible(std::string_view bytes) {
  std::string text;
  for (char c : bytes) text += escape(c);
  return text;
}

std::string preview(std::string_view bytes, std::size_t columns) {
  constexpr std::string_view kMore = "...";
  std::string text;
  std::size_t fits = 0;  // length of the text that leaves room for the dots
  for (char c : bytes) {
    text += escape(c);
    if (text.size() > columns) {
      text.resize(fits);
      return columns < kMore.size() ? text : text + std::string(kMore);
    }
    if (text.size() + kMore.size() <= columns) fits = text.size();
  }
  return text;
}

std::string without_controls(std::string_view text) {
  std::string shown;
  for (char c : text) shown += is_control(c) ? escape(c) : std::string(1, c);
  return shown;
}

std::string shell_text(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), needs_no_quotes)) {
    return std::string(word);
  }
  if (std::all_of(word.begin(), word.end(), [](char c) { return is_plain(c) && c != '\''; })) {
    return "'" + std::string(word) + "'";
  }
  // Not visible(): its \0 would swallow digits that follow.
  std::string text = "$'";
  for (char c : word) text += c == '\'' ? "\\'" : c == '\0' ? "\\x00" : escape(c);
  return text + "'";
}

}  // namespace crashreel
