// Oracles whose truth is known, to hold the minimizer against.
//
// Each is a plain condition on the kept positions; the wrappers at the end make any of them count,
// lie consistently, fail now and then, or give no answer. Random ones take their seed as a
// parameter, so that a printed seed repeats any run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "minimizer/cache.h"
#include "minimizer/oracle.h"

namespace crashreel::fakes {

using Kept = std::span<const std::uint32_t>;

inline bool holds(Kept kept, std::uint32_t position) {
  return std::binary_search(kept.begin(), kept.end(), position);
}

inline bool holds_all(Kept kept, const Choice& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](auto one) { return holds(kept, one); });
}

inline Verdict verdict_of(bool crash) {
  return crash ? Verdict::kReproduces : Verdict::kPasses;
}

// The crash needs every one of these.
class NeedsAll : public Oracle {
 public:
  explicit NeedsAll(Choice needed) : needed_(std::move(needed)) {}
  Verdict ask(Kept kept) override { return verdict_of(holds_all(kept, needed_)); }

 private:
  Choice needed_;
};

// Of each pair the later one without the earlier is another crash, whatever else is there.
class NeedsInOrder : public Oracle {
 public:
  struct Pair {
    std::uint32_t earlier;
    std::uint32_t later;
  };
  NeedsInOrder(Choice needed, std::vector<Pair> pairs, std::size_t items)
      : needed_(std::move(needed)), pairs_(std::move(pairs)), there_(items) {}

  Verdict ask(Kept kept) override {
    std::fill(there_.begin(), there_.end(), 0);
    for (const std::uint32_t position : kept) there_[position] = 1;
    for (const Pair& pair : pairs_) {
      if (there_[pair.later] && !there_[pair.earlier]) return Verdict::kDifferent;
    }
    return verdict_of(holds_all(kept, needed_));
  }

  // The needed ones with all that they depend on.
  Choice minimal() const {
    std::set<std::uint32_t> closed(needed_.begin(), needed_.end());
    for (std::size_t before = 0; before != closed.size();) {
      before = closed.size();
      for (const Pair& pair : pairs_) {
        if (closed.contains(pair.later)) closed.insert(pair.earlier);
      }
    }
    return {closed.begin(), closed.end()};
  }

 private:
  Choice needed_;
  std::vector<Pair> pairs_;
  std::vector<std::uint8_t> there_;
};

// The crash needs the trigger and any `count` of a class.
class Counts : public Oracle {
 public:
  Counts(Choice of, std::uint32_t count, std::uint32_t trigger)
      : of_(std::move(of)), count_(count), trigger_(trigger) {}
  Verdict ask(Kept kept) override {
    std::uint32_t seen = 0;
    for (const std::uint32_t one : kept) seen += holds(of_, one) ? 1 : 0;
    return verdict_of(seen >= count_ && holds(kept, trigger_));
  }

 private:
  Choice of_;
  std::uint32_t count_;
  std::uint32_t trigger_;
};

// Any one of these sets is enough.
class EitherOf : public Oracle {
 public:
  explicit EitherOf(std::vector<Choice> causes) : causes_(std::move(causes)) {}
  Verdict ask(Kept kept) override {
    return verdict_of(std::any_of(causes_.begin(), causes_.end(),
                                  [&](const Choice& cause) { return holds_all(kept, cause); }));
  }

 private:
  std::vector<Choice> causes_;
};

// Any truth whatever, by a coin for each set of items (up to 20); all of them together crash.
class Arbitrary : public Oracle {
 public:
  Arbitrary(std::uint32_t items, double share_crashing, std::uint64_t seed)
      : crashes_(std::size_t{1} << items) {
    std::mt19937_64 random(seed);
    std::bernoulli_distribution coin(share_crashing);
    for (std::size_t set = 0; set < crashes_.size(); ++set) crashes_[set] = coin(random);
    crashes_.back() = true;
  }
  Verdict ask(Kept kept) override {
    std::size_t set = 0;
    for (const std::uint32_t position : kept) set |= std::size_t{1} << position;
    return verdict_of(crashes_[set]);
  }

 private:
  std::vector<bool> crashes_;
};

// Counts, and remembers what it was asked. All wrappers borrow what they wrap.
class Watched : public Oracle {
 public:
  explicit Watched(Oracle& inner) : inner_(inner) {}
  Verdict ask(Kept kept) override {
    ++runs;
    items_sent += kept.size();
    if (!asked.insert(Choice(kept.begin(), kept.end())).second) ++repeats;
    return inner_.ask(kept);
  }
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override {
    largest_batch = std::max(largest_batch, choices.size());
    return Oracle::ask_all(choices);
  }

  std::uint64_t runs = 0;
  std::uint64_t items_sent = 0;
  std::uint64_t repeats = 0;
  std::size_t largest_batch = 0;
  std::set<Choice> asked;

 private:
  Oracle& inner_;
};

// Misses the crash for a share of the choices, always the same ones; never for all items.
class Inconsistent : public Oracle {
 public:
  Inconsistent(Oracle& inner, double share, std::uint64_t seed, std::size_t items)
      : inner_(inner), share_(share), seed_(seed), items_(items) {}
  Verdict ask(Kept kept) override {
    const Verdict truth = inner_.ask(kept);
    if (kept.size() == items_) return truth;
    std::mt19937_64 random(content_key(kept).low ^ seed_);
    return std::bernoulli_distribution(share_)(random) ? Verdict::kPasses : truth;
  }

 private:
  Oracle& inner_;
  double share_;
  std::uint64_t seed_;
  std::size_t items_;
};

// The crash comes with this chance only, anew in every run; it never comes by itself.
class Flaky : public Oracle {
 public:
  Flaky(Oracle& inner, double chance, std::uint64_t seed)
      : inner_(inner), coin_(chance), random_(seed) {}
  Verdict ask(Kept kept) override {
    const Verdict truth = inner_.ask(kept);
    return truth == Verdict::kReproduces && !coin_(random_) ? Verdict::kPasses : truth;
  }

 private:
  Oracle& inner_;
  std::bernoulli_distribution coin_;
  std::mt19937_64 random_;
};

// Gives no answer in a share of the runs: to a question asked again it may.
class Unresolving : public Oracle {
 public:
  Unresolving(Oracle& inner, double share, std::uint64_t seed)
      : inner_(inner), coin_(share), random_(seed) {}
  Verdict ask(Kept kept) override {
    return coin_(random_) ? Verdict::kUnresolved : inner_.ask(kept);
  }

 private:
  Oracle& inner_;
  std::bernoulli_distribution coin_;
  std::mt19937_64 random_;
};

// Counts the items that are replayed when the prefixes that are asked for are held.
class Replaying : public Oracle {
 public:
  Replaying(Oracle& inner, Costs costs) : inner_(inner), costs_(costs) {}
  Verdict ask(Kept kept) override {
    std::vector<Choice> held;
    std::size_t resumed = 0;
    for (Choice& prefix : held_) {
      const bool fits =
          prefix.size() <= kept.size() && std::equal(prefix.begin(), prefix.end(), kept.begin());
      if (fits) resumed = std::max(resumed, prefix.size());
      const bool replaced = !fits && prefix.size() <= kept.size();
      if (wanted_.contains(prefix.size()) && !replaced) held.push_back(std::move(prefix));
    }
    for (const std::size_t length : wanted_) {
      if (length > resumed && length <= kept.size()) {
        held.emplace_back(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(length));
      }
    }
    held_ = std::move(held);
    most_held = std::max(most_held, held_.size());
    replayed += kept.size() - resumed;
    return inner_.ask(kept);
  }
  Costs costs() const override { return costs_; }
  void hold(std::span<const std::uint32_t> lengths) override {
    wanted_ = {lengths.begin(), lengths.end()};
  }

  std::uint64_t replayed = 0;
  std::size_t most_held = 0;

 private:
  Oracle& inner_;
  Costs costs_;
  std::set<std::size_t> wanted_;
  std::vector<Choice> held_;
};

// Waits for answers, were all to take the same time and so many workers at work.
class Rounds : public Oracle {
 public:
  Rounds(Oracle& inner, std::size_t workers, Costs costs = {})
      : inner_(inner), workers_(workers), costs_(costs) {}
  Verdict ask(Kept kept) override { return ++rounds, inner_.ask(kept); }
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override {
    rounds += (choices.size() + workers_ - 1) / workers_;
    return inner_.ask_all(choices);
  }
  Costs costs() const override { return costs_; }
  std::uint64_t rounds = 0;

 private:
  Oracle& inner_;
  std::size_t workers_;
  Costs costs_;
};

}  // namespace crashreel::fakes
