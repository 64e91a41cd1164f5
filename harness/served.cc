#include "harness/served.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace crashreel {
namespace {

constexpr std::string_view kUnserved[] = {"udp",  "unix-datagram", "unix-seqpacket",
                                          "pipe", "stdin",         "tls"};

std::string_view take_word(std::string_view* text) {
  const std::string_view word = text->substr(0, text->find(' '));
  text->remove_prefix(std::min(text->size(), word.size() + 1));
  return word;
}

// Its first two words, without what a hostile reel may have there instead.
std::string kind_text(std::string_view opening) {
  const std::string transport(take_word(&opening));
  const std::string direction(take_word(&opening));
  return transport + " " + (direction == "outbound" ? "outbound" : "inbound");
}

bool is_known_name(std::string_view transport) {
  if (transport.ends_with("+tls")) transport.remove_suffix(4);
  return transport == "tcp" || transport == "unix" ||
         std::find(std::begin(kUnserved), std::end(kUnserved), transport) != std::end(kUnserved);
}

}  // namespace

bool is_served(std::string_view opening) {
  const std::string_view last = opening.substr(opening.rfind(' ') + 1);
  const std::string_view transport = take_word(&opening);
  const std::string_view direction = take_word(&opening);
  const bool named =
      std::find(std::begin(kUnserved), std::end(kUnserved), transport) != std::end(kUnserved);
  return !named && direction != "outbound" && !transport.ends_with("+tls") &&
         !last.starts_with("fd:");
}

std::unordered_set<std::uint32_t> unserved_sessions(const Sequence& sequence) {
  std::unordered_set<std::uint32_t> sessions;
  for (const Input* input : sequence) {
    if (input->kind == InputKind::kOpen && !is_served(input->data)) sessions.insert(input->session);
  }
  return sessions;
}

std::string unserved_text(const Sequence& sequence) {
  std::unordered_map<std::uint32_t, std::string> kinds;  // the last opening says most
  for (const Input* input : sequence) {
    if (input->kind != InputKind::kOpen || is_served(input->data)) continue;
    const std::string_view opening = input->data;
    const std::string_view transport = opening.substr(0, opening.find(' '));
    kinds[input->session] = is_known_name(transport) ? kind_text(opening) : "others";
  }
  if (kinds.empty()) return {};
  std::map<std::string, std::size_t> counts;
  for (const auto& [session, kind] : kinds) ++counts[kind];
  std::string list;
  for (const auto& [kind, count] : counts) {
    list += (list.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  }
  const bool one = kinds.size() == 1;
  return std::to_string(kinds.size()) + (one ? " session (" : " sessions (") + list + ")" +
         (one ? " is" : " are") +
         " left out: the replay brings inbound connections and standard input alone; if the crash "
         "needs what is missing, it does not come back";
}

}  // namespace crashreel
