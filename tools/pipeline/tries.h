// How are many sequences tried, and what does each outcome mean for the crash that is sought?
//
// Runs tries side by side and turns outcomes into verdicts against one expected signature. Where
// production told only how the program died, the first try that dies that way defines it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "capture/base/result.h"
#include "harness/try.h"
#include "minimizer/oracle.h"

namespace crashreel {

class Tries {
 public:
  // jobs: how many instances run at once, at least 1.
  Tries(Target target, const Reel& reel, int jobs);

  // The outcomes in the order of the sequences. `each` is called from one thread at a time as
  // outcomes come in, in whatever order.
  Result<std::vector<Outcome>> run(std::span<const Sequence> sequences,
                                   const std::function<void(const Outcome&)>& each = {}) const;

  // Against expected(); a crash that agrees in kind completes an expectation without frames.
  Verdict judge(const Outcome& outcome);

  const Signature& expected() const { return expected_; }
  // The expectation's frames came from a try, not from production.
  bool defined_by_try() const { return defined_by_try_; }
  const Target& target() const { return target_; }
  const Reel& reel() const { return reel_; }
  int jobs() const { return jobs_; }

 private:
  Target target_;
  const Reel& reel_;
  int jobs_;
  Signature expected_;
  bool defined_by_try_ = false;
};

}  // namespace crashreel
