#include "harness/served.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "harness/opening.h"

namespace crashreel {
namespace {

constexpr std::string_view kUnserved[] = {"unix-datagram", "unix-seqpacket", "pipe", "stdin",
                                          "tls"};

bool is_named(std::string_view transport) {
  return std::find(std::begin(kUnserved), std::end(kUnserved), transport) != std::end(kUnserved);
}

// Its first two words, without what a hostile reel may have there instead.
std::string kind_text(const Opening& opening) {
  return std::string(opening.transport) + (opening.has_tls ? "+tls " : " ") +
         (opening.is_outbound ? "outbound" : "inbound");
}

bool is_known(const Opening& opening) {
  const std::string_view transport = opening.transport;
  return transport == "tcp" || transport == "unix" || transport == "udp" || is_named(transport);
}

}  // namespace

bool is_served(std::string_view text, bool from_outside) {
  const Opening opening = read_opening(text);
  const bool calls_from_outside = opening.is_outbound && from_outside;
  return !is_named(opening.transport) && !calls_from_outside && !opening.is_inherited;
}

std::unordered_set<std::uint32_t> unserved_sessions(const Sequence& sequence, bool from_outside) {
  std::unordered_set<std::uint32_t> sessions;
  for (const Input* input : sequence) {
    if (input->kind == InputKind::kOpen && !is_served(input->data, from_outside))
      sessions.insert(input->session);
  }
  return sessions;
}

std::string unserved_text(const Sequence& sequence, bool from_outside) {
  std::unordered_map<std::uint32_t, std::string> kinds;  // the last opening says most
  for (const Input* input : sequence) {
    if (input->kind != InputKind::kOpen || is_served(input->data, from_outside)) continue;
    const Opening opening = read_opening(input->data);
    kinds[input->session] = is_known(opening) ? kind_text(opening) : "others";
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
         (one ? " is" : " are") + " left out: the replay brings " +
         (from_outside ? "inbound connections and datagrams" : "connections, UDP datagrams") +
         " and standard input alone; "
         "if the crash needs what is missing, it does not come back";
}

}  // namespace crashreel
