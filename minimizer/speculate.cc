#include "minimizer/speculate.h"

namespace crashreel {

bool GuessRace::needless(std::size_t index) const {
  for (; index != 0; index = ways_[index].parent) {
    const std::optional<bool>& answer = answers_[ways_[index].parent];
    if (answer && *answer != ways_[index].if_yes) return true;
  }
  return false;
}

}  // namespace crashreel
