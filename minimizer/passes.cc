#include "minimizer/passes.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "minimizer/bytes.h"
#include "minimizer/pairs.h"
#include "minimizer/values.h"

namespace crashreel {
namespace {

// The same candidate comes up in several passes. Where one vote decides it is asked for once; where
// votes are counted, each pass collects its own.
class Remembered : public CandidateOracle {
 public:
  Remembered(CandidateOracle& inner, bool one_vote) : inner_(inner), one_vote_(one_vote) {}

  // The usual case; spares a copy of what may be megabytes.
  Verdict ask(const Candidate& candidate) override {
    const ContentKey key = content_key(candidate);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    ++runs;
    const Verdict verdict = inner_.ask(candidate);
    remember(key, verdict);
    return verdict;
  }

  std::vector<Verdict> ask_all(std::span<const Candidate> candidates) override {
    std::vector<Verdict> verdicts(candidates.size());
    std::vector<Candidate> open;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto known = known_.find(content_key(candidates[i]));
      if (known != known_.end()) {
        verdicts[i] = known->second;
      } else {
        open.push_back(candidates[i]);
        places.push_back(i);
      }
    }
    runs += open.size();
    if (open.empty()) return verdicts;
    const std::vector<Verdict> answers = inner_.ask_all(open);
    for (std::size_t i = 0; i < places.size(); ++i) {
      verdicts[places[i]] = answers[i];
      remember(content_key(open[i]), answers[i]);
    }
    return verdicts;
  }

  std::uint64_t runs = 0;

 private:
  void remember(const ContentKey& key, Verdict verdict) {
    if (one_vote_ && verdict != Verdict::kUnresolved) known_[key] = verdict;
  }
  struct KeyHash {
    std::size_t operator()(const ContentKey& key) const { return key.low; }
  };
  CandidateOracle& inner_;
  bool one_vote_;
  std::unordered_map<ContentKey, Verdict, KeyHash> known_;
};

class Passes {
 public:
  Passes(const Candidate& start, std::span<const Item> items, CandidateOracle& oracle,
         const PassesOptions& options)
      : items_(items),
        oracle_(oracle, options.each.search_votes <= 1 && options.each.verify_votes <= 1),
        options_(options) {
    result_.candidate = start;
    result_.one_minimal = true;
  }

  PassesResult run() {
    bool again = true;
    while (again && !result_.stopped) {
      const Candidate before = result_.candidate;
      pairs();
      bytes();
      values();
      waits();
      if (result_.candidate != single_at_) singles();
      const bool dropped = result_.candidate.size() < before.size();
      const bool small = bytes_in(result_.candidate) <= options_.few_bytes;
      again = result_.candidate != before && (dropped || small);
    }
    result_.two_minimal = result_.two_minimal && result_.candidate == paired_at_;
    result_.bytes_one_minimal = result_.bytes_one_minimal && result_.candidate == bytes_at_;
    result_.runs = oracle_.runs;
    return std::move(result_);
  }

 private:
  void pairs() {
    if (result_.stopped || options_.most_pairs == 0) return;
    PairsResult found =
        minimize_pairs(result_.candidate, items_, oracle_, options_of("pairs"),
                       options_.most_pairs / std::max(1U, options_.each.verify_votes));
    result_.two_minimal = found.two_minimal;
    take("pairs", std::move(found.found));
    paired_at_ = single_at_ = result_.candidate;
  }

  void bytes() {
    if (result_.stopped || !options_.bytes) return;
    RewriteResult found = minimize_bytes(result_.candidate, oracle_, options_of("bytes"));
    result_.bytes_one_minimal = found.one_minimal;
    take("bytes", std::move(found));
    bytes_at_ = result_.candidate;
  }

  void values() {
    if (result_.stopped || !options_.values) return;
    take("values", minimize_values(result_.candidate, oracle_, options_of("values")));
  }

  void waits() {
    if (result_.stopped || !options_.waits) return;
    take("waits",
         minimize_waits(result_.candidate, oracle_, options_of("waits"), options_.wait_unit_ns));
  }

  void singles() {
    if (result_.stopped) return;
    RewriteResult found = minimize_singles(result_.candidate, oracle_, options_of("singles"));
    const bool proven = found.one_minimal;
    take("singles", std::move(found));
    result_.one_minimal = proven;
    single_at_ = result_.candidate;
  }

  RewriteOptions options_of(const char* pass) const {
    RewriteOptions options = options_.each;
    options.max_questions -= std::min(options.max_questions, asked_);
    options.max_different -= std::min(options.max_different, result_.different.size());
    if (options_.progress) {
      options.progress = [this, pass](const Progress& progress) {
        options_.progress(pass, progress);
      };
    }
    return options;
  }

  void take(const char* pass, RewriteResult found) {
    asked_ += found.questions + found.guesses;
    auto tally = std::ranges::find(result_.passes, pass, &PassTally::pass);
    if (tally == result_.passes.end()) {
      tally = result_.passes.insert(tally, {.pass = pass});
    }
    tally->questions += found.questions;
    tally->guesses += found.guesses;
    result_.unresolved += found.unresolved;
    std::ranges::move(found.different, std::back_inserter(result_.different));
    result_.stopped = found.stopped;
    if (found.candidate != result_.candidate) result_.one_minimal = false;
    result_.candidate = std::move(found.candidate);
    if (pass == std::string_view("pairs")) result_.one_minimal = found.one_minimal;
  }

  std::span<const Item> items_;
  Remembered oracle_;
  const PassesOptions& options_;
  PassesResult result_;
  std::uint64_t asked_ = 0;
  Candidate single_at_;  // when no single one could go; likewise the others
  Candidate paired_at_;
  Candidate bytes_at_;
};

}  // namespace

PassesResult run_passes(const Candidate& start, std::span<const Item> items,
                        CandidateOracle& oracle, const PassesOptions& options) {
  return Passes(start, items, oracle, options).run();
}

}  // namespace crashreel
