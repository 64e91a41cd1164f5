#include "tools/pipeline/replay_oracle.h"

#include <algorithm>

#include "harness/likeness.h"
#include "harness/signature.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostOthers = 16;

// What an instance that was started alone answers is kept apart from what copies do.
ContentKey key_of(const Sequence& sequence, bool alone) {
  std::vector<std::string> contents;
  contents.reserve(2 * sequence.size() + 1);
  if (alone) contents.emplace_back("alone");
  for (const Input* input : sequence) {
    contents.push_back(std::to_string(static_cast<int>(input->kind)) + " " +
                       std::to_string(input->session) + " " + std::to_string(input->time_ns));
    contents.push_back(input->data);
  }
  return content_key(contents);
}

}  // namespace

ContentKey identity_of(const Reel& reel, const Target& target, const ShrinkOptions& options) {
  std::vector<std::string> facts = target.argv;
  facts.push_back(target.build_id);
  facts.push_back(std::to_string(options.hang_ms));
  facts.emplace_back(options.alone ? "alone" : "");
  if (target.from_outside) facts.emplace_back("from outside");
  for (const Input& input : reel.inputs) facts.push_back(input.data);
  return content_key(facts);
}

namespace {

class AllWanted : public Race {
 public:
  void answered(std::size_t, Verdict) override {}
  bool needless(std::size_t) const override { return false; }
};

}  // namespace

std::vector<Verdict> SequenceJudge::ask(std::span<const Sequence> sequences, Start start) {
  AllWanted all_wanted;
  std::vector<Verdict> verdicts;
  for (const auto& verdict : race(sequences, start, all_wanted)) {
    verdicts.push_back(verdict.value());
  }
  return verdicts;
}

std::vector<std::optional<Verdict>> SequenceJudge::race(std::span<const Sequence> sequences,
                                                        Start start, Race& race) {
  if (alone_) start = Start::kAlone;
  std::vector<std::optional<Verdict>> verdicts(sequences.size());
  const auto answer = [&](std::size_t place, Verdict verdict) {
    verdicts[place] = verdict;
    race.answered(place, verdict);
  };
  std::vector<Sequence> open;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    if (const auto known =
            journal_ ? journal_->recall(key_of(sequences[i], alone_)) : std::nullopt) {
      answer(i, *known);
    } else {
      open.push_back(sequences[i]);
      places.push_back(i);
    }
  }
  Tries::Contest contest;
  contest.needless = [&](std::size_t i) { return race.needless(places[i]); };
  contest.ended = [&](std::size_t i, const Outcome& outcome) {
    const Verdict verdict = settle(outcome, open[i]);
    if (journal_ != nullptr) journal_->note(key_of(open[i], alone_), verdict);
    answer(places[i], verdict);
  };
  const auto outcomes = tries_.race(open, start, contest);
  if (!outcomes) {
    trouble_ = outcomes.error();
    for (const std::size_t place : places) {
      if (!verdicts[place]) answer(place, Verdict::kUnresolved);
    }
    return verdicts;
  }
  for (const std::optional<Outcome>& outcome : *outcomes) {
    if (outcome) replayed_steps_ += outcome->performed - outcome->resumed;
  }
  return verdicts;
}

Verdict SequenceJudge::settle(const Outcome& outcome, const Sequence& sequence) {
  const Verdict verdict = tries_.judge(outcome);
  if (verdict == Verdict::kDifferent) keep_aside(outcome.signature, sequence);
  return verdict;
}

void SequenceJudge::keep_aside(const Signature& signature, const Sequence& sequence) {
  auto same = std::find_if(others_.begin(), others_.end(), [&](const OtherCrash& other) {
    return compare(other.signature, signature).same();
  });
  if (same == others_.end()) {
    if (others_.size() == kMostOthers) return;
    others_.push_back({.signature = signature});
    same = others_.end() - 1;
  }
  ++same->seen;
  std::vector<Input>& smallest = same->reel.inputs;
  if (!smallest.empty() && smallest.size() <= sequence.size()) return;
  smallest.clear();
  for (const Input* input : sequence) smallest.push_back(*input);
}

Verdict ReplayOracle::ask(std::span<const std::uint32_t> kept) {
  pass_on_what_to_hold(kept);
  const Sequence sequence = to_sequence_(kept);
  return judge_.ask({&sequence, 1}, start()).front();
}

std::vector<Verdict> ReplayOracle::ask_all(std::span<const Choice> choices) {
  return judge_.ask(sequences_of(choices), start());
}

std::vector<std::optional<Verdict>> ReplayOracle::race(std::span<const Choice> choices,
                                                       Race& race) {
  return judge_.race(sequences_of(choices), start(), race);
}

std::vector<Sequence> ReplayOracle::sequences_of(std::span<const Choice> choices) {
  if (!choices.empty()) pass_on_what_to_hold(choices.front());
  std::vector<Sequence> sequences;
  for (const Choice& choice : choices) sequences.push_back(to_sequence_(choice));
  return sequences;
}

// Where steps are dear and no checkpoint saves them, the search goes from coarse to fine.
Costs ReplayOracle::costs() const {
  Costs costs = judge_.tries().costs();
  if (to_input_ && judge_.tries().not_holding().empty()) costs.checkpoints = kMostCheckpoints;
  return costs;
}

void ReplayOracle::hold(std::span<const std::uint32_t> lengths) {
  lengths_.assign(lengths.begin(), lengths.end());
}

void ReplayOracle::pass_on_what_to_hold(std::span<const std::uint32_t> kept) {
  if (lengths_.empty()) return;
  std::vector<const Input*> wanted;
  for (const std::uint32_t length : lengths_) {
    if (length < kept.size()) wanted.push_back(to_input_(kept[length]));
  }
  judge_.tries().hold(std::move(wanted));
  lengths_.clear();
}

Verdict ReplayCandidateOracle::ask(const Candidate& candidate) {
  return ask_all({&candidate, 1}).front();
}

std::vector<Verdict> ReplayCandidateOracle::ask_all(std::span<const Candidate> candidates) {
  std::vector<std::vector<Input>> inputs;
  inputs.reserve(candidates.size());  // sequences point into it
  std::vector<Sequence> sequences;
  for (const Candidate& candidate : candidates) {
    Sequence& sequence = sequences.emplace_back();
    for (const Input& input : inputs.emplace_back(frame_.inputs_of(candidate))) {
      sequence.push_back(&input);
    }
  }
  return judge_.ask(sequences);
}

}  // namespace crashreel
