#include "tools/pipeline/replay_oracle.h"

#include <algorithm>

namespace crashreel {
namespace {

std::uint64_t inputs_in(const Sequence& sequence) {
  return static_cast<std::uint64_t>(
      std::count_if(sequence.begin(), sequence.end(),
                    [](const Input* input) { return counts_as_input(input->kind); }));
}

}  // namespace

std::vector<Verdict> SequenceJudge::ask(std::span<const Sequence> sequences) {
  for (const Sequence& sequence : sequences) replayed_inputs_ += inputs_in(sequence);
  const auto outcomes = tries_.run(sequences);
  if (!outcomes) {
    trouble_ = outcomes.error();
    return std::vector<Verdict>(sequences.size(), Verdict::kUnresolved);
  }
  std::vector<Verdict> verdicts;
  for (const Outcome& outcome : *outcomes) verdicts.push_back(tries_.judge(outcome));
  return verdicts;
}

Verdict ReplayOracle::ask(std::span<const std::uint32_t> kept) {
  const Sequence sequence = to_sequence_(kept);
  return judge_.ask({&sequence, 1}).front();
}

std::vector<Verdict> ReplayOracle::ask_all(std::span<const Choice> choices) {
  std::vector<Sequence> sequences;
  for (const Choice& choice : choices) sequences.push_back(to_sequence_(choice));
  return judge_.ask(sequences);
}

Verdict ReplayByteOracle::ask(std::span<const std::string> payloads) {
  const std::vector<std::string> candidate(payloads.begin(), payloads.end());
  return ask_all({&candidate, 1}).front();
}

std::vector<Verdict> ReplayByteOracle::ask_all(
    std::span<const std::vector<std::string>> candidates) {
  std::vector<std::vector<Input>> shortened(candidates.size());
  std::vector<Sequence> sequences(candidates.size(), frame_);
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    shortened[c].reserve(places_.size());  // sequences point into it
    for (std::size_t i = 0; i < places_.size(); ++i) {
      shortened[c].push_back(*frame_[places_[i]]);
      shortened[c].back().data = candidates[c][i];
      sequences[c][places_[i]] = &shortened[c].back();
    }
  }
  return judge_.ask(sequences);
}

}  // namespace crashreel
