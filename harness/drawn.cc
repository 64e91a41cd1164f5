#include "harness/drawn.h"

#include <algorithm>

namespace crashreel {
namespace {

bool is_delivered(InputKind kind) {
  return kind == InputKind::kOpen || counts_as_input(kind) || kind == InputKind::kClose;
}

}  // namespace

DrawnByInput drawn_by_input(const Reel& reel) {
  DrawnByInput drawn;
  const bool any = std::any_of(reel.inputs.begin(), reel.inputs.end(),
                               [](const Input& input) { return input.kind == InputKind::kRandom; });
  if (!any) return drawn;
  std::unordered_map<std::uint32_t, const Input*> newest;  // by session
  const Input* last = nullptr;
  for (const Input& input : reel.inputs) {
    if (is_delivered(input.kind)) {
      newest[input.session] = last = &input;
    } else if (input.kind == InputKind::kRandom) {
      const auto of_session = newest.find(input.session);
      const bool known = input.session != kNoSession && of_session != newest.end();
      drawn[known ? of_session->second : last] += input.data;
    }
  }
  return drawn;
}

}  // namespace crashreel
