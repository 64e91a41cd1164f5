#include "minimizer/minimize.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "capture/base/check.h"
#include "minimizer/asker.h"
#include "minimizer/bound.h"
#include "minimizer/search.h"
#include "minimizer/verify.h"

namespace crashreel {

namespace {

// So often the whole has to crash for a first idea of the rate; what follows sharpens it. With
// nine, and a doubt of 0.6 (votes.cc), one result in sixty was too large where items come in pairs.
constexpr std::uint64_t kFirstCrashes = 12;

// The whole is asked as often as it takes. False: it did not crash in rate_runs runs.
bool estimate_rate(const Choice& whole, Asker& asker, const MinimizeOptions& options,
                   Votes& votes) {
  std::uint64_t crashes = 0;
  std::uint64_t misses = 0;
  while (crashes < kFirstCrashes && crashes + misses < options.rate_runs) {
    const std::optional<Verdict> verdict = asker.sample(whole);
    if (!verdict) break;
    (*verdict == Verdict::kReproduces ? crashes : misses) += 1;
  }
  votes.saw_runs(crashes, misses);
  return crashes > 0;
}

Votes votes_of(const MinimizeOptions& options) {
  if (options.flaky) return Votes::by_rate(options.wrong, options.most_votes);
  const std::uint32_t proof = std::max(options.verify_votes, 1U);
  return Votes(std::clamp(options.search_votes, 1U, proof), proof);
}

}  // namespace

MinimizeResult minimize(std::span<const Item> items, Oracle& oracle,
                        const MinimizeOptions& options) {
  CRASHREEL_CHECK(items.size() < std::numeric_limits<std::uint32_t>::max());
  Asker asker(oracle, {.max_questions = options.max_questions,
                       .max_different = options.max_different,
                       .stop = options.stop});
  Votes votes = votes_of(options);
  ProgressLog log(items, options.progress,
                  [&votes, &options] { return options.flaky ? votes.rate() : 1.0; });
  asker.teach(&votes);

  Choice whole(items.size());
  std::iota(whole.begin(), whole.end(), 0U);
  MinimizeResult result;
  result.kept = whole;
  Search search(items, asker, log,
                {.suffix_probes = options.suffix_probes,
                 .group_probes = options.group_probes,
                 .last_first = options.last_first,
                 .votes = &votes,
                 .workers = options.workers});
  bool go_on = true;
  if (options.flaky) {
    result.reproduced = go_on = estimate_rate(whole, asker, options, votes);
    result.too_rare = go_on && votes.too_rare_to_search();
    go_on = go_on && !result.too_rare;
    if (go_on) search.open_with(whole);
  } else {
    search.open_with(whole);
    if (options.confirm) {
      result.reproduced = asker.reproduces(whole, votes.proof(1)).value_or(false);
      go_on = result.reproduced;
    }
  }
  if (go_on) {
    result.kept = search.run(whole);
    result.too_rare = votes.too_rare_to_prove(result.kept.size());
    const bool certified =
        !result.too_rare &&
        make_one_minimal(result.kept, asker, log, {.votes = &votes, .workers = options.workers});
    // A smaller choice was accepted by its own answer; the whole needs one, even if it comes late.
    if (!result.reproduced && result.kept.size() == whole.size()) {
      result.reproduced = asker.reproduces(whole, votes.proof(1)).value_or(false);
    } else {
      result.reproduced = true;
    }
    result.one_minimal = certified && result.reproduced;
  }

  result.rate = options.flaky ? votes.rate() : 1;
  result.stopped = asker.stopped();
  result.bound = question_bound(items.size(), result.kept.size());
  result.history = log.take_history();
  AskTally tally = asker.take_tally();
  result.questions = tally.questions;
  result.guesses = tally.guesses;
  result.runs = tally.runs;
  result.replayed_items = tally.items_sent;
  result.unresolved = tally.unresolved;
  result.different = std::move(tally.different);
  result.different_at = std::move(tally.different_at);
  return result;
}

}  // namespace crashreel
