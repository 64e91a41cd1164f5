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

std::optional<bool> Asker::reconsider(const Choice& choice, std::uint32_t votes) {
  Votes* const taught = std::exchange(votes_, nullptr);
  const std::optional<bool> reproduced = reproduces(choice, votes);
  votes_ = taught;
  return reproduced;
}

std::optional<Verdict> Asker::sample(const Choice& choice) {
  if ((limits_.stop && limits_.stop()) || tally_.runs >= limits_.max_questions) {
    stopped_ = true;
    return std::nullopt;
  }
  ++tally_.runs;
  tally_.items_sent += choice.size();
  return oracle_.ask(choice);
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

namespace {

// For a fetch whose every question is wanted whatever the others' answers are.
class NoRace : public Race {
 public:
  void answered(std::size_t, Verdict) override {}
  bool needless(std::size_t) const override { return false; }
};

}  // namespace

void Asker::fetch(std::span<const Choice> choices, std::uint32_t votes, Race* race) {
  NoRace no_race;
  votes_now_ = votes;
  if (race == nullptr) race = &no_race;
  std::vector<Pending> pending = admit(choices, votes);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Answer* known = cache_.find(key_of_(choices[i]));
    if (known != nullptr && known->final_at(votes)) race->answered(i, known->verdict);
  }
  while (!pending.empty()) {
    if (limits_.stop && limits_.stop()) return;
    run_once(pending, votes, *race);
    std::erase_if(pending, [&](const Pending& one) {
      return one.answer->final_at(votes) || race->needless(one.index);
    });
  }
}

// The questions that are not answered yet, each once, as many new ones as the budget allows.
std::vector<Asker::Pending> Asker::admit(std::span<const Choice> choices, std::uint32_t votes) {
  std::vector<Pending> pending;
  for (std::size_t index = 0; index < choices.size(); ++index) {
    const ContentKey key = key_of_(choices[index]);
    if (cache_.find(key) == nullptr) {
      if (tally_.questions + tally_.guesses >= limits_.max_questions) continue;
      ++tally_.guesses;  // until the search asks for it
    }
    Answer& answer = cache_.entry(key);
    const auto already = [&](const Pending& other) { return other.answer == &answer; };
    if (answer.final_at(votes) || std::any_of(pending.begin(), pending.end(), already)) continue;
    pending.push_back({.choice = &choices[index], .answer = &answer, .index = index});
  }
  return pending;
}

// One run of each pending question. The race is told of an answer only when it is final: a run that
// passes may be followed by one that crashes.
class Asker::Round : public Race {
 public:
  Round(Asker& asker, std::span<const Pending> pending, std::uint32_t votes, Race& outer)
      : asker_(asker), pending_(pending), votes_(votes), outer_(outer) {}

  void answered(std::size_t index, Verdict verdict) override {
    const Pending& one = pending_[index];
    asker_.record(one, verdict);
    if (one.answer->final_at(votes_)) outer_.answered(one.index, one.answer->verdict);
  }
  bool needless(std::size_t index) const override { return outer_.needless(pending_[index].index); }

 private:
  Asker& asker_;
  std::span<const Pending> pending_;
  std::uint32_t votes_;
  Race& outer_;
};

void Asker::run_once(std::span<const Pending> pending, std::uint32_t votes, Race& race) {
  Round round(*this, pending, votes, race);
  if (pending.size() == 1) {  // the usual case: spares a copy of what may be a million positions
    round.answered(0, oracle_.ask(*pending[0].choice));
    return;
  }
  std::vector<Choice> choices;
  for (const Pending& one : pending) choices.push_back(*one.choice);
  CRASHREEL_CHECK(oracle_.race(choices, round).size() == pending.size());
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
      if (votes_ != nullptr)
        votes_->saw_crash(answer.votes, std::max(votes_now_, answer.votes + 1));
      break;
    case Verdict::kDifferent:
      answer.verdict = verdict;
      ++tally_.different_seen;
      if (tally_.different.size() < limits_.max_different) {
        tally_.different.push_back(*asked.choice);
        tally_.different_at.push_back(tally_.questions);
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
