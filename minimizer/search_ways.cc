// The other ways through the items than the serial scan from the end.
#include <algorithm>
#include <iterator>
#include <utility>

#include "minimizer/coarse_scan.h"
#include "minimizer/disjoint_scan.h"
#include "minimizer/search.h"
#include "minimizer/verify.h"

namespace crashreel {
namespace {

// Where so many answers are another crash, items depend on one another.
constexpr double kDependentShare = 0.25;
constexpr std::uint64_t kDependentFrom = 8;

}  // namespace

void Search::open_with(const Choice& start) {
  undecided_ = start;
  const auto units = static_cast<std::uint32_t>(start.size());
  hold_prefixes(units, units, GapMemory::fresh(units).length());
  if (options_.workers < kDisjointFrom || start.empty()) return;
  std::vector<Choice> choices = {start};
  std::optional<Choice> group = options_.group_probes ? last_group() : std::nullopt;
  if (group) choices.push_back(std::move(*group));
  if (options_.suffix_probes) {
    for (Choice& suffix : suffixes()) choices.push_back(std::move(suffix));
  }
  if (options_.last_first) choices.emplace_back(start.begin(), start.end() - 1);
  asker_.fetch(choices, votes());
}

// The way of four workers and more, which is another one than that of the serial scan below but has
// to come to the same result: for any crash to which more inputs do no harm, that is what is left
// when the items are dropped one by one from the end as long as the crash stays. Whether this is
// it, one question for each item says, and all of them go out at once; if not, or if the answers
// make no sense for a crash that needs certain items and nothing else, the serial scan has to do
// it.
bool Search::scan_disjoint() {
  const std::uint64_t different_before = asker_.tally().different_seen;
  std::uint64_t asked = 0;
  DisjointScan scan(static_cast<std::uint32_t>(undecided_.size()));
  while (!scan.done()) {
    const Choice kept = scan.kept();
    std::vector<Choice> choices;
    for (const Choice& group : scan.plan(options_.workers)) {
      Choice rest;
      std::set_difference(kept.begin(), kept.end(), group.begin(), group.end(),
                          std::back_inserter(rest));
      for (std::uint32_t& unit : rest) unit = undecided_[unit];
      choices.push_back(with_needed(std::move(rest), scan_));
    }
    asker_.fetch(choices, votes());
    std::vector<bool> can_go;
    for (Choice& choice : choices) {
      const std::optional<bool> still_there = asker_.reproduces(choice, votes());
      if (!still_there) return true;
      can_go.push_back(*still_there);
      if (*still_there && choice.size() < best_.size()) best_ = std::move(choice);
    }
    asked += choices.size();
    scan.answer(can_go);
    log_.reduced_to(best_, asker_.tally().questions);
    log_.asked(asker_.tally().questions, expected_more());
    const auto different = static_cast<double>(asker_.tally().different_seen - different_before);
    if (scan.bewildered() || different > kDependentShare * static_cast<double>(asked)) return false;
  }
  return is_what_a_serial_scan_finds(scan.needed());
}

bool Search::is_what_a_serial_scan_finds(const std::vector<std::uint32_t>& needed) {
  Choice rest;
  for (const std::uint32_t unit : needed) rest.push_back(undecided_[unit]);
  const Choice result = with_needed(rest, scan_);
  // For each: with all that stands before it, and of what follows the needed items alone.
  std::vector<Choice> choices;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    Choice& choice = choices.emplace_back(undecided_.begin(), undecided_.begin() + needed[i]);
    choice.insert(choice.end(), rest.begin() + static_cast<std::ptrdiff_t>(i) + 1, rest.end());
    choice = with_needed(std::move(choice), scan_);
  }
  // The proof's questions, which come next, go out together with these.
  std::vector<Choice> all = choices;
  all.push_back(result);
  for (std::size_t i = result.size(); i-- > 0;) all.push_back(without(result, i));
  asker_.fetch(all, votes());
  const std::optional<bool> reproduces = asker_.reproduces(result, votes());
  if (!reproduces) return true;
  if (!*reproduces) return false;
  best_ = result;
  for (const Choice& choice : choices) {
    const std::optional<bool> goes = asker_.reproduces(choice, votes());
    if (!goes) return true;
    if (*goes) return false;
  }
  needed_ += static_cast<std::uint32_t>(needed.size());
  log_.reduced_to(best_, asker_.tally().questions);
  return true;
}

// Without checkpoints, and where replaying the whole takes longer than a fresh start, what counts
// is the length of the choices, not their number: backwards asks 10 to 15 % fewer questions and
// replays two to three times as much (k = 5 to 100 of 10,000 to 100,000). Whatever the number of
// workers: where several sets would do, the result of this way need not be that of the others.
bool Search::coarse_pays() const {
  const Costs costs = asker_.costs();
  return costs.checkpoints == 0 &&
         costs.item * static_cast<double>(undecided_.size()) > costs.start;
}

// True: done. False: to be gone on with from the end, with what is left undecided.
bool Search::scan_coarse() {
  const std::uint64_t different_before = asker_.tally().different_seen;
  std::uint64_t asked = 0;
  CoarseScan scan(static_cast<std::uint32_t>(undecided_.size()));
  const auto items_of = [this](Choice units) {
    for (std::uint32_t& unit : units) unit = undecided_[unit];
    return units;
  };
  const Render<CoarseScan> render = [&](const CoarseScan& state) {
    return with_needed(items_of(state.question()), scan_);
  };
  bool dependent = false;
  while (!scan.done() && !scan.too_dense() && !dependent) {
    const std::optional<bool> still_there = ask_along(scan, render);
    if (!still_there) return true;
    scan.answer(*still_there);
    ++asked;
    const auto different = static_cast<double>(asker_.tally().different_seen - different_before);
    dependent = asked >= kDependentFrom && different > kDependentShare * static_cast<double>(asked);
  }
  undecided_ = items_of(scan.kept());
  if (!scan.done()) return false;
  needed_ += static_cast<std::uint32_t>(undecided_.size());
  return true;
}

}  // namespace crashreel
