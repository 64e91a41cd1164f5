#include "tools/pipeline/untaken.h"

namespace crashreel {
namespace {

std::vector<std::size_t> before(const Input* trigger, const std::vector<const Input*>& inputs,
                                const Reel& reel) {
  std::vector<std::size_t> positions;
  for (const Input* input : inputs) {
    if (input >= trigger) break;
    positions.push_back(static_cast<std::size_t>(input - reel.inputs.data()));
  }
  return positions;
}

}  // namespace

Result<Untaken> find_untaken(Tries& tries, const Sequence& whole, const Input* trigger,
                             const UntakenOptions& options) {
  Untaken untaken;
  while (untaken.runs < options.runs) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(untaken.runs);
    const auto outcome = tries.run_as(whole, {.keeps_answers = true, .random_seed = seed});
    if (!outcome) return outcome.error();
    ++untaken.runs;
    if (tries.judge(*outcome) != Verdict::kReproduces || outcome->in_flight != trigger) continue;
    untaken.unread = before(trigger, outcome->unread, tries.reel());
    untaken.unread_unknown = outcome->unread_unknown;
    untaken.undelivered = before(trigger, outcome->undelivered_inputs, tries.reel());
    break;
  }
  return untaken;
}

}  // namespace crashreel
