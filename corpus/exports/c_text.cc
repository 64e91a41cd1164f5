#include "corpus/exports/c_text.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace crashreel {
namespace {

// Compilers promise literals of 65536 characters joined; lines are for people.
constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kArrayBytes = 16;

std::string escaped(char byte) {
  if (byte == '\n') return "\\n";
  if (byte == '\r') return "\\r";
  if (byte == '\t') return "\\t";
  if (byte == '"' || byte == '\\' || byte == '?') return std::string("\\") + byte;
  if (byte >= ' ' && byte <= '~') return std::string(1, byte);
  char octal[8];
  std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned char>(byte));
  return octal;
}

}  // namespace

std::string c_literals(std::string_view bytes, std::string_view indent) {
  std::string text;
  do {
    std::size_t size = std::min(bytes.size(), kLineBytes);
    const std::size_t line = bytes.substr(0, size).find('\n');
    if (line != std::string_view::npos) size = line + 1;
    if (!text.empty()) text += '\n';
    text += std::string(indent) + '"';
    for (const char byte : bytes.substr(0, size)) text += escaped(byte);
    text += '"';
    bytes.remove_prefix(size);
  } while (!bytes.empty());
  return text;
}

std::string c_bytes(std::string_view bytes, std::string_view indent) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % kArrayBytes == 0) text += (i == 0 ? "" : "\n") + std::string(indent);
    char hex[8];
    std::snprintf(hex, sizeof hex, "0x%02x,", static_cast<unsigned char>(bytes[i]));
    text += hex;
  }
  return text;
}

std::string c_name(std::string_view text) {
  std::string name;
  for (const char byte : text)
    name += std::isalnum(static_cast<unsigned char>(byte)) != 0 ? byte : '_';
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name[0])) == 0) name = "reel_" + name;
  return name;
}

}  // namespace crashreel
