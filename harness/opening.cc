#include "harness/opening.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "harness/player/place.h"

namespace crashreel {
namespace {

std::string_view take_word(std::string_view* text) {
  const std::string_view word = text->substr(0, text->find(' '));
  text->remove_prefix(std::min(text->size(), word.size() + 1));
  return word;
}

// "127.0.0.1:6379", "[::1]:6379"; 0: it is not said.
std::uint16_t port_in(std::string_view endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const std::string_view digits = endpoint.substr(colon + 1);
  std::uint32_t port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return parsed.ec == std::errc() && port <= 65535 ? static_cast<std::uint16_t>(port)
                                                   : std::uint16_t{0};
}

// What is not printable stands there as "\x20".
std::string unescaped(std::string_view name) {
  std::string plain;
  while (!name.empty()) {
    unsigned value = 0;
    const bool escaped =
        name.size() >= 4 && name.starts_with("\\x") &&
        std::from_chars(name.data() + 2, name.data() + 4, value, 16).ptr == name.data() + 4;
    plain += escaped ? static_cast<char>(value) : name.front();
    name.remove_prefix(escaped ? 4 : 1);
  }
  return plain;
}

}  // namespace

Way Opening::way() const {
  if (is_outbound) return Way::kIsCalled;
  return transport == "udp" ? Way::kSendsDatagrams : Way::kCalls;
}

std::uint32_t Opening::place() const {
  const std::string_view endpoint = is_outbound ? peer : local;
  if (transport != "unix") return place_of_port(port_in(endpoint), transport == "udp");
  if (endpoint.empty() || endpoint == "unnamed") return kAnyPlace;
  const std::string name = unescaped(endpoint);
  return place_of_path(name.data(), name.size());
}

Opening read_opening(std::string_view text) {
  Opening opening;
  opening.is_inherited = text.substr(text.rfind(' ') + 1).starts_with("fd:");
  opening.transport = take_word(&text);
  opening.has_tls = opening.transport.ends_with("+tls");
  if (opening.has_tls) opening.transport.remove_suffix(4);
  opening.is_outbound = take_word(&text) == "outbound";
  opening.local = take_word(&text);
  opening.peer = take_word(&text);
  return opening;
}

}  // namespace crashreel
