#include "minimizer/pairs.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "minimizer/asker.h"
#include "minimizer/verify.h"

namespace crashreel {
namespace {

class PartsAsItems : public Oracle {
 public:
  PartsAsItems(const Candidate& whole, CandidateOracle& oracle) : whole_(whole), oracle_(oracle) {}

  // What stays comes when it came before: a wait goes to the next part that stays.
  Candidate with(std::span<const std::uint32_t> kept) const {
    Candidate candidate;
    candidate.reserve(kept.size());
    std::uint32_t next = 0;
    for (const std::uint32_t part : kept) {
      std::uint64_t waited_ns = 0;
      for (; next < part; ++next) waited_ns += whole_[next].wait_ns;
      candidate.push_back(whole_[next++]);
      candidate.back().wait_ns += waited_ns;
    }
    return candidate;
  }
  Verdict ask(std::span<const std::uint32_t> kept) override { return oracle_.ask(with(kept)); }
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override {
    std::vector<Candidate> candidates;
    for (const Choice& choice : choices) candidates.push_back(with(choice));
    return oracle_.ask_all(candidates);
  }

 private:
  const Candidate& whole_;
  CandidateOracle& oracle_;
};

// Of a choice, by index: first < second.
struct Two {
  std::size_t first = 0;
  std::size_t second = 0;
};

// Likely ones first; among these the last in time, as everywhere.
std::vector<Two> all_pairs(const Choice& kept, const std::vector<std::uint32_t>& group_of) {
  std::vector<Two> pairs;
  for (std::size_t second = kept.size(); second-- > 1;) {
    for (std::size_t first = second; first-- > 0;) pairs.push_back({first, second});
  }
  const auto unlikely = [&](const Two& pair) {
    const bool apart = group_of[kept[pair.first]] != group_of[kept[pair.second]];
    return std::pair(apart, pair.second - pair.first);
  };
  std::stable_sort(pairs.begin(), pairs.end(),
                   [&](const Two& a, const Two& b) { return unlikely(a) < unlikely(b); });
  return pairs;
}

class PairSearch {
 public:
  PairSearch(const Candidate& whole, std::vector<std::uint32_t> group_of, CandidateOracle& oracle,
             const RewriteOptions& options)
      : items_(whole.size()),
        group_of_(std::move(group_of)),
        parts_(whole, oracle),
        asker_(parts_, {.max_questions = options.max_questions,
                        .max_different = options.max_different,
                        .stop = options.stop}),
        log_(items_, options.progress),
        votes_(options.verify_votes, options.verify_votes),
        options_(options),
        kept_(whole.size()) {
    std::iota(kept_.begin(), kept_.end(), 0U);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      items_[i].bytes = static_cast<std::uint32_t>(whole[i].bytes.size());
    }
  }

  void singles() {
    one_minimal_ =
        make_one_minimal(kept_, asker_, log_, {.votes = &votes_, .workers = options_.workers});
  }

  // True: no two of them can go.
  bool pairs(std::uint64_t most) {
    while (true) {
      const std::vector<Two> pairs = all_pairs(kept_, group_of_);
      const std::size_t count = std::min<std::size_t>(pairs.size(), most - std::min(most, asked_));
      const std::optional<Two> goes = first_to_go({pairs.data(), count});
      if (asker_.stopped()) return false;
      if (!goes) return count == pairs.size() && one_minimal_;
      kept_ = without(*goes);
      log_.reduced_to(kept_, asker_.tally().questions);
      singles();
      if (!one_minimal_) return false;
    }
  }

  RewriteResult result() {
    RewriteResult result;
    result.candidate = parts_.with(kept_);
    result.one_minimal = one_minimal_;
    result.stopped = asker_.stopped();
    const AskTally tally = asker_.take_tally();
    result.questions = tally.questions;
    result.guesses = tally.guesses;
    result.runs = tally.runs;
    result.unresolved = tally.unresolved;
    for (const Choice& choice : tally.different) result.different.push_back(parts_.with(choice));
    return result;
  }

  void believe_one_minimal() { one_minimal_ = true; }

 private:
  Choice without(const Two& pair) const {
    Choice smaller = kept_;
    smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(pair.second));
    smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(pair.first));
    return smaller;
  }

  std::optional<Two> first_to_go(std::span<const Two> pairs) {
    for (std::size_t from = 0; from < pairs.size(); from += options_.workers) {
      const std::size_t count = std::min<std::size_t>(options_.workers, pairs.size() - from);
      std::vector<Choice> choices;
      for (const Two& pair : pairs.subspan(from, count)) choices.push_back(without(pair));
      UntilOneGoes race;
      asker_.fetch(choices, options_.verify_votes, &race);
      for (std::size_t i = 0; i < count; ++i) {
        ++asked_;
        const std::optional<bool> goes = asker_.reproduces(choices[i], options_.verify_votes);
        if (!goes) return std::nullopt;
        log_.asked(asker_.tally().questions, static_cast<double>(pairs.size() - from - i - 1));
        if (*goes) return pairs[from + i];
      }
    }
    return std::nullopt;
  }

  std::vector<Item> items_;
  std::vector<std::uint32_t> group_of_;
  PartsAsItems parts_;
  Asker asker_;
  ProgressLog log_;
  Votes votes_;
  const RewriteOptions& options_;
  Choice kept_;  // of the parts of the whole
  std::uint64_t asked_ = 0;
  bool one_minimal_ = false;
};

}  // namespace

PairsResult minimize_pairs(const Candidate& whole, std::span<const Item> items,
                           CandidateOracle& oracle, const RewriteOptions& options,
                           std::uint64_t most) {
  std::vector<std::uint32_t> group_of;
  for (const Part& part : whole) group_of.push_back(items[part.input].group);
  PairSearch search(whole, std::move(group_of), oracle, options);
  search.believe_one_minimal();
  PairsResult result;
  result.two_minimal = search.pairs(most);
  result.found = search.result();
  return result;
}

RewriteResult minimize_singles(const Candidate& whole, CandidateOracle& oracle,
                               const RewriteOptions& options) {
  PairSearch search(whole, {}, oracle, options);
  search.singles();
  return search.result();
}

}  // namespace crashreel
