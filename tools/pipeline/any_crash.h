// Does any crash at all come?
//
// For whoever asks whether a crash can still be avoided: a continuation dies where it can, and not
// always by the crash that is sought.
#pragma once

#include <span>
#include <vector>

#include "minimizer/oracle.h"

namespace crashreel {

class AnyCrash : public Oracle {
 public:
  // It must outlive this.
  explicit AnyCrash(Oracle& oracle) : oracle_(oracle) {}

  Verdict ask(std::span<const std::uint32_t> kept) override { return any(oracle_.ask(kept)); }
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override {
    std::vector<Verdict> verdicts = oracle_.ask_all(choices);
    for (Verdict& verdict : verdicts) verdict = any(verdict);
    return verdicts;
  }

 private:
  static Verdict any(Verdict verdict) {
    return verdict == Verdict::kDifferent ? Verdict::kReproduces : verdict;
  }

  Oracle& oracle_;
};

}  // namespace crashreel
