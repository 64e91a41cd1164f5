#include "minimizer/speculate.h"

#include <algorithm>
#include <utility>

namespace crashreel {

// The tree of answers, best first: take the open state that is likeliest to be reached, and open
// the two that follow it.
std::vector<Guess> likely_next(const GapScan& scan, std::uint32_t count) {
  struct Open {
    Guess guess;
    double chance;
  };
  std::vector<Guess> taken;
  std::vector<Open> open = {{.guess = {.state = scan}, .chance = 1}};
  while (taken.size() < count && !open.empty()) {
    const auto likeliest = std::max_element(
        open.begin(), open.end(), [](const Open& a, const Open& b) { return a.chance < b.chance; });
    const Open next = std::move(*likeliest);
    open.erase(likeliest);
    const std::size_t parent = taken.size();
    taken.push_back(next.guess);
    for (const bool yes : {true, false}) {
      const double chance = next.guess.state.chance();
      Open child = {.guess = {.state = next.guess.state, .parent = parent, .if_yes = yes},
                    .chance = next.chance * (yes ? chance : 1 - chance)};
      child.guess.state.answer(yes);
      if (!child.guess.state.done()) open.push_back(std::move(child));
    }
  }
  return taken;
}

bool GuessRace::needless(std::size_t index) const {
  for (; index != 0; index = guesses_[index].parent) {
    const std::optional<bool>& answer = answers_[guesses_[index].parent];
    if (answer && *answer != guesses_[index].if_yes) return true;
  }
  return false;
}

}  // namespace crashreel
