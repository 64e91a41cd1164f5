#include "minimizer/speculate.h"

#include <algorithm>
#include <utility>

namespace crashreel {

// The tree of answers, best first: take the open state that is likeliest to be reached, and open
// the two that follow it.
std::vector<GapScan> likely_next(const GapScan& scan, std::uint32_t count) {
  struct Open {
    GapScan state;
    double chance;
  };
  std::vector<GapScan> taken;
  std::vector<Open> open = {{.state = scan, .chance = 1}};
  while (taken.size() < count && !open.empty()) {
    const auto likeliest = std::max_element(
        open.begin(), open.end(), [](const Open& a, const Open& b) { return a.chance < b.chance; });
    const Open next = std::move(*likeliest);
    open.erase(likeliest);
    taken.push_back(next.state);
    for (const bool yes : {true, false}) {
      Open child = next;
      child.chance *= yes ? next.state.chance() : 1 - next.state.chance();
      child.state.answer(yes);
      if (!child.state.done()) open.push_back(std::move(child));
    }
  }
  return taken;
}

}  // namespace crashreel
