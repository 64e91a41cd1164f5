// What does a question cost, and may it still be asked?
//
// Everything between a search and the oracle: answers already known, votes, the second try for a
// run without an answer, the budget, the wish to stop, and the books over all of it. Which question
// to ask, and why, it doesn't know.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "minimizer/cache.h"
#include "minimizer/oracle.h"
#include "minimizer/votes.h"

namespace crashreel {

struct AskLimits {
  std::uint64_t max_questions = std::numeric_limits<std::uint64_t>::max();  // guesses included
  std::size_t max_different = 16;  // how many choices with another crash are kept aside
  std::function<bool()> stop;      // looked at before every run; may be empty
};

struct AskTally {
  std::uint64_t questions = 0;       // distinct choices whose answer the search needed
  std::uint64_t guesses = 0;         // distinct choices asked ahead for workers, and never needed
  std::uint64_t runs = 0;            // times the oracle was asked: votes and second tries count
  std::uint64_t items_sent = 0;      // sum of the sizes of the choices, over all runs
  std::uint64_t unresolved = 0;      // questions taken as "passes" for want of any answer, twice
  std::uint64_t different_seen = 0;  // questions whose answer was another crash
  std::vector<Choice> different;     // the first of them
  std::vector<std::uint64_t> different_at;  // which questions these were
};

class Asker {
 public:
  using KeyOf = std::function<ContentKey(std::span<const std::uint32_t>)>;

  // `key_of` says what makes two choices the same question. The oracle must outlive the asker.
  Asker(Oracle& oracle, AskLimits limits, KeyOf key_of);
  Asker(Oracle& oracle, AskLimits limits);

  // Is the crash still there? While the oracle says that it passes it is asked again, up to `votes`
  // runs in all over the asker's life: a crash can fail to come, but never comes by itself, so one
  // that comes counts. Without an answer from the budget's end on: stopped() says so from then on.
  std::optional<bool> reproduces(const Choice& choice, std::uint32_t votes);

  // The same for a question that passed and is doubted: a crash says nothing of the rate, as those
  // that come to be doubted are not like the others.
  std::optional<bool> reconsider(const Choice& choice, std::uint32_t votes);

  // Guesses the answers of several at once, as far as the budget reaches, for reproduces() to find.
  // A race, if there is one, hears each answer when no vote can change it any more, and what it
  // calls needless is not asked any further.
  void fetch(std::span<const Choice> choices, std::uint32_t votes, Race* race = nullptr);

  Costs costs() const { return oracle_.costs(); }
  void hold(std::span<const std::uint32_t> lengths) { oracle_.hold(lengths); }

  // One run more of what is known to crash, for its rate. Nullopt: the budget is spent.
  std::optional<Verdict> sample(const Choice& choice);
  // Told of every question that crashes; may be null.
  void teach(Votes* votes) { votes_ = votes; }

  bool stopped() const { return stopped_; }
  // Would asking cost nothing?
  bool knows(const Choice& choice, std::uint32_t votes) const;
  const AskTally& tally() const { return tally_; }
  AskTally take_tally() { return std::move(tally_); }

 private:
  struct Pending {
    const Choice* choice;
    Answer* answer;
    std::size_t index;  // among those that were to be fetched
  };
  class Round;

  void count_as_needed(Answer& answer);
  std::vector<Pending> admit(std::span<const Choice> choices, std::uint32_t votes);
  void run_once(std::span<const Pending> pending, std::uint32_t votes, Race& race);
  void record(const Pending& asked, Verdict verdict);

  Oracle& oracle_;
  AskLimits limits_;
  KeyOf key_of_;
  VerdictCache cache_;
  Votes* votes_ = nullptr;
  std::uint32_t votes_now_ = 1;  // of the question that is being asked
  AskTally tally_;
  bool stopped_ = false;
};

}  // namespace crashreel
