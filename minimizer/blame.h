// Which is the last item without which there is no crash?
//
// A search over the same Oracle as the minimizer's, for what a reel is asked before, or instead of,
// being minimized: the latest moment at which the crash could still have been avoided. It takes few
// questions: stretches from the end are left out that grow four times at a time, and the one that
// is needed is halved.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "minimizer/oracle.h"

namespace crashreel {

struct BlameOptions {
  std::uint32_t votes = 1;  // runs before "passes" is believed
  std::uint64_t max_questions = std::numeric_limits<std::uint64_t>::max();
};

struct Blame {
  bool reproduces = false;  // all of them do
  // The last item without which, all others staying, the crash does not come. Null when there is
  // none (every item has a stand-in), or the budget was spent.
  std::optional<std::uint32_t> last_avoidable;
  bool stopped = false;
  std::uint64_t questions = 0;
};

Blame find_blame(std::uint32_t items, Oracle& oracle, const BlameOptions& options);

}  // namespace crashreel
