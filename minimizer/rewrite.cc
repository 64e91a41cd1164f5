#include "minimizer/rewrite.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "minimizer/asker.h"
#include "minimizer/search.h"
#include "minimizer/verify.h"

namespace crashreel {
namespace {

class PlacesAsItems : public Oracle {
 public:
  PlacesAsItems(const Rewrite& places, CandidateOracle& oracle)
      : places_(places), oracle_(oracle) {}

  Verdict ask(std::span<const std::uint32_t> kept) override {
    return oracle_.ask(places_.with(kept));
  }
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override {
    std::vector<Candidate> candidates;
    candidates.reserve(choices.size());
    for (const Choice& choice : choices) candidates.push_back(places_.with(choice));
    return oracle_.ask_all(candidates);
  }

 private:
  const Rewrite& places_;
  CandidateOracle& oracle_;
};

// Few enough singles are open for a proof to be cheap?
bool proof_is_cheap(const Choice& kept, const Asker& asker, const RewriteOptions& options) {
  if (options.certify_share >= 1) return true;
  std::size_t open = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!asker.knows(without(kept, i), options.verify_votes)) ++open;
  }
  return static_cast<double>(open) <= options.certify_share * static_cast<double>(kept.size());
}

}  // namespace

RewriteResult rewrite(const Rewrite& places, CandidateOracle& oracle,
                      const RewriteOptions& options) {
  PlacesAsItems items(places, oracle);
  // Deleting either of two equal neighbours is one question: content is what is sent.
  Asker asker(
      items,
      {.max_questions = options.max_questions,
       .max_different = options.max_different,
       .stop = options.stop},
      [&places](std::span<const std::uint32_t> kept) { return content_key(places.with(kept)); });
  ProgressLog log(places.places(), options.progress);
  const Votes votes(options.search_votes, options.verify_votes);

  Choice kept(places.places().size());
  std::iota(kept.begin(), kept.end(), 0U);
  Search search(places.places(), asker, log,
                {.suffix_probes = false,
                 .group_probes = false,
                 .last_first = false,
                 .votes = &votes,
                 .workers = options.workers});
  if (options.all_first && !kept.empty() &&
      asker.reproduces({}, options.search_votes).value_or(false)) {
    kept.clear();
  } else {
    kept = search.run(std::move(kept));
  }

  RewriteResult result;
  if (!asker.stopped() && proof_is_cheap(kept, asker, options)) {
    result.one_minimal =
        make_one_minimal(kept, asker, log, {.votes = &votes, .workers = options.workers});
  }
  result.candidate = places.with(kept);
  result.stopped = asker.stopped();
  const AskTally tally = asker.take_tally();
  result.questions = tally.questions;
  result.guesses = tally.guesses;
  result.runs = tally.runs;
  result.unresolved = tally.unresolved;
  for (const Choice& choice : tally.different) result.different.push_back(places.with(choice));
  return result;
}

void RewriteResult::count_also(const RewriteResult& earlier) {
  questions += earlier.questions;
  guesses += earlier.guesses;
  runs += earlier.runs;
  unresolved += earlier.unresolved;
  different.insert(different.begin(), earlier.different.begin(), earlier.different.end());
}

RewriteOptions after(RewriteOptions options, const RewriteResult& asked) {
  options.max_questions -= std::min(options.max_questions, asked.questions + asked.guesses);
  options.max_different -= std::min(options.max_different, asked.different.size());
  return options;
}

}  // namespace crashreel
