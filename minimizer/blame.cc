#include "minimizer/blame.h"

#include <algorithm>
#include <numeric>

#include "minimizer/asker.h"

namespace crashreel {
namespace {

constexpr std::uint32_t kGrowth = 4;

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
    const Choice rest = without(begin, end);
    const std::optional<bool> still_there = asker_.reproduces(rest, votes_);
    if (!still_there || *still_there) return std::nullopt;
    if (end - begin == 1) return begin;
    const std::uint32_t middle = begin + (end - begin) / 2;
    const auto later = last_in(middle, end);
    return later || asker_.stopped() ? later : last_in(begin, middle);
  }

  Choice without(std::uint32_t begin, std::uint32_t end) const {
    Choice rest(items_ - (end - begin));
    const auto behind = rest.begin() + begin;
    std::iota(rest.begin(), behind, 0U);
    std::iota(behind, rest.end(), end);
    return rest;
  }

  std::uint32_t items_;
  Asker& asker_;
  std::uint32_t votes_;
};

}  // namespace

Blame find_blame(std::uint32_t items, Oracle& oracle, const BlameOptions& options) {
  Asker asker(oracle, {.max_questions = options.max_questions});
  Blame blame;
  Choice whole(items);
  std::iota(whole.begin(), whole.end(), 0U);
  blame.reproduces = asker.reproduces(whole, options.votes).value_or(false);
  if (blame.reproduces) blame.last_avoidable = LastAvoidable(items, asker, options.votes).run();
  blame.stopped = asker.stopped();
  blame.questions = asker.tally().questions;
  return blame;
}

}  // namespace crashreel
