// What else will be asked soon, while one question is out?
//
// For oracles with several workers: the questions on the likeliest ways on from here. A right guess
// saves a wait; a wrong one costs a question and changes nothing else, because answers are looked
// up by content and the search follows its own way only. A guess that an answer has shown to lie on
// no way any more is needless, and its run can be ended.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "minimizer/oracle.h"

namespace crashreel {

// How one comes to a guess.
struct Way {
  std::size_t parent = 0;  // the guess that it follows, if that is answered ...
  bool if_yes = false;     // ... in this way; the first guess follows none
};

// A state of a scan whose question is worth asking now.
template <typename Scan>
struct Guess {
  Scan state;
  Way way{};
};

// Likeliest first, a parent before those that follow it; the first is `scan` itself, which must not
// be done. At most `count`. A scan can be copied, and has done(), answer(yes) and chance(), that
// the answer will be yes.
//
// The tree of answers, best first: take the open state that is likeliest to be reached, and open
// the two that follow it.
template <typename Scan>
std::vector<Guess<Scan>> likely_next(const Scan& scan, std::uint32_t count) {
  struct Open {
    Guess<Scan> guess;
    double chance;
  };
  std::vector<Guess<Scan>> taken;
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
      Open child = {.guess = {.state = next.guess.state, .way = {.parent = parent, .if_yes = yes}},
                    .chance = next.chance * (yes ? chance : 1 - chance)};
      child.guess.state.answer(yes);
      if (!child.guess.state.done()) open.push_back(std::move(child));
    }
  }
  return taken;
}

// Whose way has been left?
class GuessRace : public Race {
 public:
  template <typename Scan>
  explicit GuessRace(const std::vector<Guess<Scan>>& guesses) : answers_(guesses.size()) {
    for (const Guess<Scan>& guess : guesses) ways_.push_back(guess.way);
  }

  void answered(std::size_t index, Verdict verdict) override {
    answers_[index] = verdict == Verdict::kReproduces;
  }
  bool needless(std::size_t index) const override;

 private:
  std::vector<Way> ways_;
  std::vector<std::optional<bool>> answers_;
};

}  // namespace crashreel
