#include "minimizer/asker.h"

#include <algorithm>
#include <utility>

#include "capture/base/check.h"

namespace crashreel {

Asker::Asker(Oracle& oracle, AskLimits limits, KeyOf key_of)
    : oracle_(oracle), limits_(std::move(limits)), key_of_(std::move(key_of)) {}

Asker::Asker(Oracle& oracle, AskLimits limits)
    : Asker(oracle, std::move(limits),
            [](std::span<const std::uint32_t> choice) { return content_key(choice); }) {}

std::optional<bool> Asker::reproduces(const Choice& choice, std::uint32_t votes) {
  const ContentKey key = key_of_(choice);
  const Answer* answer = cache_.find(key);
  if (answer == nullptr || !answer->final_at(votes)) {
    fetch({&choice, 1}, votes);
    answer = cache_.find(key);
  }
  if (answer == nullptr || !answer->final_at(votes)) {
    stopped_ = true;
    return std::nullopt;
  }
  const bool reproduced = answer->verdict == Verdict::kReproduces;
  count_as_needed(cache_.entry(key));
  return reproduced;
}

void Asker::count_as_needed(Answer& answer) {
  if (answer.needed) return;
  answer.needed = true;
  ++tally_.questions;
  --tally_.guesses;
}

bool Asker::knows(const Choice& choice, std::uint32_t votes) const {
  const Answer* answer = cache_.find(key_of_(choice));
  return answer != nullptr && answer->final_at(votes);
}

void Asker::fetch(std::span<const Choice> choices, std::uint32_t votes) {
  std::vector<Pending> pending = admit(choices, votes);
  while (!pending.empty()) {
    if (limits_.stop && limits_.stop()) return;
    run_once(pending);
    std::erase_if(pending, [&](const Pending& one) { return one.answer->final_at(votes); });
  }
}

// The questions that are not answered yet, each once, as many new ones as the budget allows.
std::vector<Asker::Pending> Asker::admit(std::span<const Choice> choices, std::uint32_t votes) {
  std::vector<Pending> pending;
  for (const Choice& choice : choices) {
    const ContentKey key = key_of_(choice);
    if (cache_.find(key) == nullptr) {
      if (tally_.questions + tally_.guesses >= limits_.max_questions) continue;
      ++tally_.guesses;  // until the search asks for it
    }
    Answer& answer = cache_.entry(key);
    const auto already = [&](const Pending& other) { return other.answer == &answer; };
    if (answer.final_at(votes) || std::any_of(pending.begin(), pending.end(), already)) continue;
    pending.push_back({.choice = &choice, .answer = &answer});
  }
  return pending;
}

void Asker::run_once(std::span<const Pending> pending) {
  if (pending.size() == 1) {  // the usual case: spares a copy of what may be a million positions
    record(pending[0], oracle_.ask(*pending[0].choice));
    return;
  }
  std::vector<Choice> choices;
  for (const Pending& one : pending) choices.push_back(*one.choice);
  const std::vector<Verdict> verdicts = oracle_.ask_all(choices);
  CRASHREEL_CHECK(verdicts.size() == pending.size());
  for (std::size_t i = 0; i < pending.size(); ++i) record(pending[i], verdicts[i]);
}

void Asker::record(const Pending& asked, Verdict verdict) {
  ++tally_.runs;
  tally_.items_sent += asked.choice->size();
  Answer& answer = *asked.answer;
  if (verdict == Verdict::kUnresolved && !answer.retry) {
    answer.retry = true;
    return;
  }
  answer.retry = false;
  switch (verdict) {
    case Verdict::kReproduces:
      answer.verdict = verdict;
      break;
    case Verdict::kDifferent:
      answer.verdict = verdict;
      if (tally_.different.size() < limits_.max_different) {
        tally_.different.push_back(*asked.choice);
      }
      break;
    case Verdict::kUnresolved:
      if (!answer.counted_unresolved) ++tally_.unresolved;
      answer.counted_unresolved = true;
      ++answer.votes;
      break;
    case Verdict::kPasses:
      ++answer.votes;
      break;
  }
}

}  // namespace crashreel
