// Where the crash is the doing of a few groups (sessions), or of one kind of item.
#include <algorithm>

#include "minimizer/search.h"

namespace crashreel {
namespace {

// Not tuned: each follows from what a question can save, as said beside it. What concerns dense
// runs was set by looking at counted crashes of other sizes and seeds than those reported.

// A guess by group is worth a question if it would leave at most this share of the pool: each item
// still to be found then costs two bits less.
constexpr double kWorthwhileShare = 0.25;
// A needed item every so many, a few in a row, makes a dense run ...
constexpr std::uint32_t kDenseGap = 8;
// ... and where everything is dense, an item that goes with its group is a whole question saved.
constexpr double kWorthwhileShareWhenDense = 0.9;
// The crash is that of a few sessions if they account for this many needed items each.
constexpr std::uint32_t kNeededPerGroup = 2;
constexpr std::uint32_t kNeededBeforeGroupScan = 4;
constexpr std::uint32_t kGiveUpAfterNeededGroups = 3;

}  // namespace

std::optional<Choice> Search::last_group() const {
  if (undecided_.empty()) return std::nullopt;
  Choice candidate = only(undecided_, {items_[undecided_.back()].group});
  const auto all = static_cast<double>(undecided_.size());
  if (static_cast<double>(candidate.size()) > kWorthwhileShare * all) return std::nullopt;
  return candidate;
}

void Search::keep_last_group() {
  std::optional<Choice> candidate = last_group();
  if (candidate && ask(*candidate).value_or(false)) undecided_ = std::move(*candidate);
}

void Search::after_needed(std::uint32_t item) {
  note_needed(item);
  if (scan_.last_gap() > kDenseGap) dense_run_.clear();
  dense_run_.push_back(items_[item].group);
  if (!options_.group_probes || scan_.done()) return;
  Groups in_dense_run(dense_run_.begin(), dense_run_.end());
  if (dense_run_.size() >= due_at_dense_run_) {
    due_at_dense_run_ = 2 * dense_run_.size();
    probe_groups(in_dense_run, kWorthwhileShareWhenDense);
  }
  if (const std::size_t coincidences = needed_ - needed_in_.size();
      coincidences >= due_at_coincidences_) {
    due_at_coincidences_ = 2 * coincidences;
    probe_groups(needed_groups(), kWorthwhileShare);
  }
}

void Search::note_needed(std::uint32_t item) {
  ++needed_;
  ++needed_in_[items_[item].group];
}

Search::Groups Search::needed_groups() const {
  Groups groups;
  for (const auto& [group, count] : needed_in_) groups.insert(group);
  return groups;
}

void Search::probe_groups(const Groups& hot, double largest_share) {
  if (scan_.done() || asker_.stopped()) return;
  const Choice before(undecided_.begin(), undecided_.begin() + scan_.best());
  Choice kept = only(before, hot);
  if (static_cast<double>(kept.size()) > largest_share * static_cast<double>(before.size())) return;
  const std::optional<bool> enough = ask(with_needed(kept, scan_));
  if (!enough) return;
  if (*enough) {
    restart_with(std::move(kept));
  } else if (!groups_scanned_ && asker_.costs().checkpoints == 0 &&
             needed_ >= kNeededBeforeGroupScan && needed_ >= kNeededPerGroup * needed_in_.size()) {
    groups_scanned_ = true;
    scan_groups(before);
  }
}

// The same scan over whole groups, those known to be needed left alone.
void Search::scan_groups(const Choice& pool_before) {
  const std::vector<std::uint32_t> cold = cold_groups(pool_before);
  const auto kept_groups = [&](std::uint32_t first, const GapScan& scan) {
    Groups groups = needed_groups();
    groups.insert(cold.begin(), cold.begin() + first);
    for (const std::uint32_t unit : scan.settled()) groups.insert(cold[unit]);
    return groups;
  };
  const Render<GapScan> render = [&](const GapScan& scan) {
    return with_needed(only(pool_before, kept_groups(scan.question(), scan)), scan_);
  };
  const auto units = static_cast<std::uint32_t>(cold.size());
  GapScan scan(units, GapMemory::fresh(units, !options_.votes->flaky()));
  std::uint32_t needed_in_a_row = 0;
  while (!scan.done() && needed_in_a_row < kGiveUpAfterNeededGroups) {
    const std::size_t settled = scan.settled().size();
    const std::optional<bool> still_there = ask_along(scan, render);
    if (!still_there) break;
    scan.answer(*still_there);
    if (*still_there) needed_in_a_row = 0;
    if (scan.settled().size() > settled) ++needed_in_a_row;
  }
  restart_with(only(pool_before, kept_groups(scan.best(), scan)));
}

// Groups without a needed item so far, by last activity: the scan begins with the last.
std::vector<std::uint32_t> Search::cold_groups(const Choice& pool_before) const {
  std::vector<std::uint32_t> cold;
  Groups seen;
  for (auto item = pool_before.rbegin(); item != pool_before.rend(); ++item) {
    const std::uint32_t group = items_[*item].group;
    if (!needed_in_.contains(group) && seen.insert(group).second) cold.push_back(group);
  }
  std::reverse(cold.begin(), cold.end());
  return cold;
}

Choice Search::only(const Choice& of, const Groups& groups) const {
  Choice kept;
  std::copy_if(of.begin(), of.end(), std::back_inserter(kept),
               [&](std::uint32_t position) { return groups.contains(items_[position].group); });
  return kept;
}

}  // namespace crashreel
