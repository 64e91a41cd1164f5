// Can any single item of this choice still go?
//
// The proof behind the word "minimal": each item is left out alone, with every other in place. No
// inference enters it, so it holds for any oracle that gives the same answer to the same question,
// monotone or not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "minimizer/asker.h"
#include "minimizer/oracle.h"
#include "minimizer/progress.h"
#include "minimizer/votes.h"

namespace crashreel {

struct VerifyOptions {
  const Votes* votes = nullptr;  // search(): to weed out cheaply what a flaky search left
  std::uint32_t workers = 1;
};

// Drops what can go from `kept`, one at a time, until nothing can: true, `kept` is 1-minimal. False
// when the asker was stopped before that was shown; `kept` then still reproduces.
bool make_one_minimal(Choice& kept, Asker& asker, ProgressLog& log, const VerifyOptions& options);

Choice without(const Choice& kept, std::size_t index);

// For questions each of which leaves out something else of the same: the first that can go makes
// those behind it needless, as they are to be asked without it.
class UntilOneGoes : public Race {
 public:
  void answered(std::size_t index, Verdict verdict) override {
    if (verdict == Verdict::kReproduces) first_ = std::min(first_, index);
  }
  bool needless(std::size_t index) const override { return index > first_; }

 private:
  std::size_t first_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace crashreel
