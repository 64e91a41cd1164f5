#include "minimizer/reach.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "minimizer/asker.h"

namespace crashreel {
namespace {

constexpr std::uint32_t kGrowth = 4;

Choice range(std::uint32_t begin, std::uint32_t end) {
  Choice choice(end - begin);
  std::iota(choice.begin(), choice.end(), begin);
  return choice;
}

// A range from the end is left out alone: if the crash stays, no item of it is the one, as all but
// one of them can only do more. If not, its later half is looked into first.
class LastAvoidable {
 public:
  LastAvoidable(std::uint32_t items, Asker& asker, std::uint32_t votes)
      : items_(items), asker_(asker), votes_(votes) {}

  // Null: none, or stopped.
  std::optional<std::uint32_t> run() {
    std::uint32_t group = 1;
    for (std::uint32_t end = items_; end > 0; group *= kGrowth) {
      const std::uint32_t begin = end - std::min(group, end);
      if (const auto found = last_in(begin, end); found || asker_.stopped()) return found;
      end = begin;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::uint32_t> last_in(std::uint32_t begin, std::uint32_t end) {
    Choice rest = range(0, begin);
    const Choice behind = range(end, items_);
    rest.insert(rest.end(), behind.begin(), behind.end());
    const std::optional<bool> still_there = asker_.reproduces(rest, votes_);
    if (!still_there || *still_there) return std::nullopt;
    if (end - begin == 1) return begin;
    const std::uint32_t middle = begin + (end - begin) / 2;
    const auto later = last_in(middle, end);
    return later || asker_.stopped() ? later : last_in(begin, middle);
  }

  std::uint32_t items_;
  Asker& asker_;
  std::uint32_t votes_;
};

}  // namespace

Reach find_reach(std::uint32_t items, Oracle& oracle, const ReachOptions& options) {
  Asker asker(oracle, {.max_questions = options.max_questions});
  Reach reach;
  const auto crashes = [&](std::uint32_t length) {
    const std::optional<bool> answer =
        asker.reproduces(range(items - length, items), options.votes);
    if (answer && *answer) reach.length = length;
    if (answer && !*answer) reach.passes = length;
    return answer.value_or(false);
  };
  for (std::uint64_t length = std::min(items, 1U); !asker.stopped();) {
    if (crashes(static_cast<std::uint32_t>(length)) || length == items) break;
    length = std::min<std::uint64_t>(kGrowth * length, items);
  }
  while (reach.length && !asker.stopped() && *reach.length - reach.passes > 1) {
    crashes(reach.passes + (*reach.length - reach.passes) / 2);
  }
  reach.questions = asker.tally().questions;
  return reach;
}

Blame find_blame(std::uint32_t items, Oracle& oracle, const ReachOptions& options) {
  Asker asker(oracle, {.max_questions = options.max_questions});
  Blame blame;
  blame.reproduces = asker.reproduces(range(0, items), options.votes).value_or(false);
  if (blame.reproduces) blame.last_avoidable = LastAvoidable(items, asker, options.votes).run();
  blame.stopped = asker.stopped();
  blame.questions = asker.tally().questions;
  return blame;
}

}  // namespace crashreel
