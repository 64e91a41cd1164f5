#include "minimizer/reach.h"

#include <algorithm>
#include <numeric>

#include "minimizer/asker.h"

namespace crashreel {
namespace {

constexpr std::uint32_t kGrowth = 4;

Choice last_of(std::uint32_t items, std::uint32_t length) {
  Choice choice(length);
  std::iota(choice.begin(), choice.end(), items - length);
  return choice;
}

// Keeps the threshold between a length that passes and one that crashes, and brings them together.
class Threshold {
 public:
  Threshold(std::uint32_t items, Oracle& oracle, const ReachOptions& options)
      : items_(items),
        options_(options),
        asker_(oracle, {.max_questions = options.max_questions, .stop = options.stop}) {
    if (options.votes != nullptr) asker_.teach(options.votes);
    reach_.length = options.crashes;
    reach_.passes = options.passes;
  }

  Reach run() {
    if (!reach_.length) grow();
    if (reach_.length) halve(search_votes());
    if (reach_.length) settle(proof_votes());
    reach_.stopped = asker_.stopped();
    reach_.questions = asker_.tally().questions;
    reach_.runs = asker_.tally().runs;
    return reach_;
  }

 private:
  std::uint32_t search_votes() const {
    return options_.votes == nullptr ? 1 : options_.votes->search();
  }

  // The search ends just above a length that it may have missed: that one was asked for with the
  // search's votes and passed, or the end would lie elsewhere, so these votes are no evidence. A
  // proof's come on top. (Counting them as a part of it got 6 of 200 lengths wrong at p = 0.5.)
  std::uint32_t proof_votes() const {
    if (options_.votes == nullptr) return 1;
    const bool flaky = options_.votes->flaky();
    return options_.votes->proof(1) + (flaky ? options_.votes->search() : 0);
  }

  void grow() {
    for (const std::uint32_t length : reach_lengths(items_)) {
      if (length <= reach_.passes) continue;
      if (crashes(length, search_votes()) || asker_.stopped()) return;
    }
    if (items_ == 0) crashes(0, search_votes());
  }

  // The lengths of one round cut what is left into equal parts.
  void halve(std::uint32_t votes) {
    while (!asker_.stopped() && *reach_.length - reach_.passes > 1) {
      const std::uint32_t between = *reach_.length - reach_.passes - 1;
      const std::uint32_t parts = std::min(std::max(options_.workers, 1U), between) + 1;
      std::vector<std::uint32_t> lengths;
      for (std::uint64_t part = 1; part < parts; ++part) {
        lengths.push_back(reach_.passes + static_cast<std::uint32_t>(part * (between + 1) / parts));
      }
      fetch(lengths, votes);
      for (const std::uint32_t length : lengths) {
        if (crashes(length, votes) || asker_.stopped()) break;
      }
    }
  }

  // Down from what crashes in steps that double until one passes, then up again between. What
  // passed before did so with fewer votes.
  void settle(std::uint32_t votes) {
    for (std::uint32_t step = 1; *reach_.length > 0; step *= 2) {
      if (!crashes(*reach_.length - std::min(step, *reach_.length), votes)) break;
    }
    halve(votes);
    reach_.exact = !asker_.stopped();
  }

  void fetch(const std::vector<std::uint32_t>& lengths, std::uint32_t votes) {
    if (lengths.size() < 2) return;  // asking for it fetches it
    std::vector<Choice> choices;
    for (const std::uint32_t length : lengths) choices.push_back(last_of(items_, length));
    asker_.fetch(choices, votes);
  }

  bool crashes(std::uint32_t length, std::uint32_t votes) {
    const std::optional<bool> answer = asker_.reproduces(last_of(items_, length), votes);
    if (!answer) return false;
    if (*answer) {
      reach_.length = length;
      if (reach_.passes >= length) reach_.passes = 0;
    } else {
      reach_.passes = length;
    }
    if (options_.narrowed && reach_.length) options_.narrowed(reach_.passes, *reach_.length);
    return *answer;
  }

  std::uint32_t items_;
  const ReachOptions& options_;
  Asker asker_;
  Reach reach_;
};

}  // namespace

std::vector<std::uint32_t> reach_lengths(std::uint32_t items) {
  std::vector<std::uint32_t> lengths;
  for (std::uint64_t length = 1; length < items; length *= kGrowth) {
    lengths.push_back(static_cast<std::uint32_t>(length));
  }
  if (items > 0) lengths.push_back(items);
  return lengths;
}

void count(Verdict verdict, ReachPoint& point) {
  switch (verdict) {
    case Verdict::kReproduces:
      ++point.reproduced;
      break;
    case Verdict::kPasses:
      ++point.passed;
      break;
    case Verdict::kDifferent:
      ++point.different;
      break;
    case Verdict::kUnresolved:
      ++point.unresolved;
      break;
  }
}

ReachPoint measure_reach(std::uint32_t length, std::uint32_t items, Oracle& oracle,
                         std::uint32_t tries) {
  ReachPoint point{.length = length};
  const std::vector<Choice> choices(tries, last_of(items, length));
  for (const Verdict verdict : oracle.ask_all(choices)) count(verdict, point);
  return point;
}

Reach find_reach(std::uint32_t items, Oracle& oracle, const ReachOptions& options) {
  return Threshold(items, oracle, options).run();
}

}  // namespace crashreel
