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

MinimizeResult minimize(std::span<const Item> items, Oracle& oracle,
                        const MinimizeOptions& options) {
  CRASHREEL_CHECK(items.size() < std::numeric_limits<std::uint32_t>::max());
  Asker asker(oracle, {.max_questions = options.max_questions,
                       .max_different = options.max_different,
                       .stop = options.stop});
  ProgressLog log(items, options.progress);
  const std::uint32_t verify_votes = std::max(options.verify_votes, 1U);
  const std::uint32_t search_votes = std::clamp(options.search_votes, 1U, verify_votes);

  Choice whole(items.size());
  std::iota(whole.begin(), whole.end(), 0U);
  MinimizeResult result;
  result.kept = whole;
  Search search(items, asker, log,
                {.suffix_probes = options.suffix_probes,
                 .group_probes = options.group_probes,
                 .last_first = options.last_first,
                 .votes = search_votes,
                 .workers = options.workers});
  search.fetch_opening(whole);
  bool go_on = true;
  if (options.confirm) {
    result.reproduced = asker.reproduces(whole, verify_votes).value_or(false);
    go_on = result.reproduced;
  }
  if (go_on) {
    result.kept = search.run(whole);
    const bool certified = make_one_minimal(
        result.kept, asker, log,
        {.first_votes = search_votes, .votes = verify_votes, .workers = options.workers});
    // A smaller choice was accepted by its own answer; the whole needs one, even if it comes late.
    if (!result.reproduced && result.kept.size() == whole.size()) {
      result.reproduced = asker.reproduces(whole, verify_votes).value_or(false);
    } else {
      result.reproduced = true;
    }
    result.one_minimal = certified && result.reproduced;
  }

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
  return result;
}

}  // namespace crashreel
