// How far back must the items go, and which is the last without which there is no crash?
//
// Two searches over the same Oracle as the minimizer's, for what a reel is asked before, or instead
// of, being minimized. Both take few questions: thresholds are found by lengths that grow four
// times at a time, and then by halving.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "minimizer/oracle.h"

namespace crashreel {

struct ReachOptions {
  std::uint32_t votes = 1;  // runs before "passes" is believed
  std::uint64_t max_questions = std::numeric_limits<std::uint64_t>::max();
};

struct Reach {
  // The shortest suffix seen to crash; null when not even the whole did, or the budget was spent.
  std::optional<std::uint32_t> length;
  // The longest one seen to pass. One less than length, unless the budget was spent: for a crash to
  // which more items do no harm every shorter one passes, too.
  std::uint32_t passes = 0;
  std::uint64_t questions = 0;
};

// Of so many items the last 1, 4, 16, ... are asked for, then what lies between.
Reach find_reach(std::uint32_t items, Oracle& oracle, const ReachOptions& options);

struct Blame {
  bool reproduces = false;  // all of them do
  // The last item without which, all others staying, the crash does not come. Null when there is
  // none (every item has a stand-in), or the budget was spent.
  std::optional<std::uint32_t> last_avoidable;
  bool stopped = false;
  std::uint64_t questions = 0;
};

Blame find_blame(std::uint32_t items, Oracle& oracle, const ReachOptions& options);

}  // namespace crashreel
