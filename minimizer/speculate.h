// What else will be asked soon, while one question is out?
//
// For oracles with several workers: the questions on the likeliest ways on from here. A right guess
// saves a wait; a wrong one costs a question and changes nothing else, because answers are looked
// up by content and the search follows its own way only. A guess that an answer has shown to lie on
// no way any more is needless, and its run can be ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "minimizer/gap_scan.h"
#include "minimizer/oracle.h"

namespace crashreel {

// A state of the scan whose question is worth asking now.
struct Guess {
  GapScan state;
  std::size_t parent = 0;  // the guess that it follows, if that is answered ...
  bool if_yes = false;     // ... in this way; the first guess follows none
};

// Likeliest first, a parent before those that follow it; the first is `scan` itself, which must not
// be done. At most `count`.
std::vector<Guess> likely_next(const GapScan& scan, std::uint32_t count);

// Whose way has been left?
class GuessRace : public Race {
 public:
  explicit GuessRace(const std::vector<Guess>& guesses)
      : guesses_(guesses), answers_(guesses.size()) {}

  void answered(std::size_t index, Verdict verdict) override {
    answers_[index] = verdict == Verdict::kReproduces;
  }
  bool needless(std::size_t index) const override;

 private:
  const std::vector<Guess>& guesses_;
  std::vector<std::optional<bool>> answers_;
};

}  // namespace crashreel
