// What is the least of these items that still brings the same crash?
//
// The minimizer's front door: confirm, search, verify. It decides nothing about what an item means
// or when two crashes are the same; the oracle does.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "minimizer/oracle.h"
#include "minimizer/progress.h"

namespace crashreel {

struct MinimizeOptions {
  bool confirm = true;  // ask for the whole first: everything rests on its answer
  bool suffix_probes = true;
  bool group_probes = true;
  bool last_first = true;

  // A crash that comes with chance p is missed by v votes with chance (1-p)^v. In the search a
  // missed one only leaves an item too many, so few votes are best there (about 0.1); verification
  // drops it again, and its votes are those that the result rests on.
  std::uint32_t search_votes = 1;
  std::uint32_t verify_votes = 1;  // also for the confirmation
  // Instead of these: votes by need, from the rate at which the crash comes, which is estimated
  // first by runs of the whole. Then the result is a minimum but for the chance `wrong`.
  bool flaky = false;
  double wrong = 0.003;
  std::uint32_t rate_runs = 200;  // of the whole at most, to see the crash a few times
  std::uint32_t most_votes = 100;
  std::uint32_t workers = 1;  // how many questions the oracle serves at once

  std::uint64_t max_questions = std::numeric_limits<std::uint64_t>::max();
  std::size_t max_different = 16;
  std::function<bool()> stop;                     // true: end with the best so far
  std::function<void(const Progress&)> progress;  // after each answer
};

struct MinimizeResult {
  Choice kept;
  // Kept brought the crash when it was asked. False: the whole did not (or the budget was spent
  // before it was asked), and kept is the whole.
  bool reproduced = false;
  // Shown: without any one of kept, all others staying, the crash does not come (in verify_votes
  // runs each). False only when stopped, or not reproduced.
  bool one_minimal = false;
  // The crash comes so rarely that most_votes can't tell a "no" from bad luck: kept is the best so
  // far, and no proof was tried.
  bool too_rare = false;
  double rate = 1;       // at which the crash comes, by all that was seen; 1 unless flaky
  bool stopped = false;  // budget spent, or asked to stop

  std::uint64_t questions = 0;       // distinct, that the search needed: the same for any workers
  std::uint64_t guesses = 0;         // asked ahead for further workers, and not needed
  std::uint64_t runs = 0;            // of the oracle; more than questions if there were votes
  std::uint64_t replayed_items = 0;  // sum of the sizes of the choices, over all runs
  std::uint64_t bound = 0;           // question_bound(items, kept)
  std::uint64_t unresolved = 0;      // questions taken as "passes" after two runs without an answer
  std::vector<Choice> different;     // brought another crash; the first max_different of them
  std::vector<std::uint64_t> different_at;  // which questions these were
  std::vector<HistoryPoint> history;
};

// The result does not depend on `workers` if the oracle answers the same question the same way;
// the counts do. At most 2^32-1 items.
MinimizeResult minimize(std::span<const Item> items, Oracle& oracle,
                        const MinimizeOptions& options);

}  // namespace crashreel
