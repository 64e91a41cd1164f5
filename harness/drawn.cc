#include "harness/drawn.h"

#include <algorithm>

namespace crashreel {
namespace {

bool is_delivered(InputKind kind) {
  return kind == InputKind::kOpen || counts_as_input(kind) || kind == InputKind::kClose;
}

}  // namespace

std::vector<Draw> draws_of(const Reel& reel) {
  std::vector<Draw> draws;
  const bool any = std::any_of(reel.inputs.begin(), reel.inputs.end(),
                               [](const Input& input) { return input.kind == InputKind::kRandom; });
  if (!any) return draws;
  std::unordered_map<std::uint32_t, std::uint64_t> newest;  // by session
  std::uint64_t last = kBeforeInputs;
  for (std::size_t i = 0; i < reel.inputs.size(); ++i) {
    const Input& input = reel.inputs[i];
    if (is_delivered(input.kind)) {
      newest[input.session] = last = input.seq;
    } else if (input.kind == InputKind::kRandom) {
      const auto of_session = newest.find(input.session);
      const bool known = input.session != kNoSession && of_session != newest.end();
      draws.push_back({.position = i, .of = known ? of_session->second : last});
    }
  }
  return draws;
}

DrawnByInput drawn_by_input(const Reel& reel) {
  DrawnByInput drawn;
  for (const Draw& draw : draws_of(reel)) drawn[draw.of] += reel.inputs[draw.position].data;
  return drawn;
}

}  // namespace crashreel
