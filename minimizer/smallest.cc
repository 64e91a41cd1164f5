#include "minimizer/smallest.h"

#include <utility>

#include "minimizer/asker.h"

namespace crashreel {
namespace {

// A choice stands for the number whose bits are set at its positions.
Choice choice_of(std::uint64_t number) {
  Choice bits;
  for (std::uint32_t bit = 0; bit < 64; ++bit) {
    if ((number >> bit & 1) != 0) bits.push_back(bit);
  }
  return bits;
}

class Numbers : public Oracle {
 public:
  Numbers(const std::function<Candidate(std::uint64_t)>& with, CandidateOracle& oracle)
      : with_(with), oracle_(oracle) {}
  Verdict ask(std::span<const std::uint32_t> bits) override {
    std::uint64_t number = 0;
    for (const std::uint32_t bit : bits) number |= 1ULL << bit;
    return oracle_.ask(with_(number));
  }

 private:
  const std::function<Candidate(std::uint64_t)>& with_;
  CandidateOracle& oracle_;
};

}  // namespace

Smallest smallest_number(std::uint64_t from,
                         const std::function<Candidate(std::uint64_t number)>& with,
                         CandidateOracle& oracle, const RewriteOptions& options) {
  Numbers numbers(with, oracle);
  Asker asker(numbers, {.max_questions = options.max_questions,
                        .max_different = options.max_different,
                        .stop = options.stop});
  std::uint64_t too_small = 0;
  std::uint64_t enough = from;
  // Nothing in the first question, then the middle.
  for (std::uint64_t next = 0; enough != 0 && (next == 0 || enough - too_small > 1);
       next = too_small + (enough - too_small) / 2) {
    const std::optional<bool> crashes = asker.reproduces(choice_of(next), options.verify_votes);
    if (!crashes) break;
    (*crashes ? enough : too_small) = next;
    if (enough - too_small <= 1) break;
  }
  Smallest result = {.number = enough, .found = {}};
  result.found.candidate = with(enough);
  result.found.stopped = asker.stopped();
  const AskTally tally = asker.take_tally();
  result.found.questions = tally.questions;
  result.found.guesses = tally.guesses;
  result.found.runs = tally.runs;
  result.found.unresolved = tally.unresolved;
  return result;
}

}  // namespace crashreel
