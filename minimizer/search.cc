#include "minimizer/search.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "minimizer/bound.h"
#include "minimizer/coarse_scan.h"
#include "minimizer/speculate.h"

namespace crashreel {

// The algorithm
// -------------
// "The crash needs k of these N items" is group testing: leave a group out, and if the crash is
// gone, the group held a needed item. A few cheap guesses come first, because they are often right
// and cost one question each when they are not:
//
//   - only the group (session) of the last item: many crashes are one client's doing;
//   - only the last 64, 256, 1024, ... items: most crashes have young causes;
//   - all but the last item: what crashes a program is mostly the last thing it was sent, and
//     once that is known it need not burden the first groups.
//
// Then the scan, from the end backwards. A later item may depend on an earlier one (it needs the
// session opened, the key set), never the other way round. Going backwards, whatever could depend
// on an item has been dropped, or found needed, before the item itself is tried; so leaving it out
// breaks nothing but the crash, and structures full of dependencies cost no more than flat ones.
// Forward and level by level they cost hundreds of times as much. And all questions share their
// front, which a target that can fork at a prefix turns into speed.
//
// The scan tries to drop the last g items of the pool, g being the group that is as likely to go as
// not, judged by the gaps between the needed items so far (GapMemory). If the crash stays they are
// gone, and the next group is larger. If not, the group is cut, at even odds again, until the
// shortest tail of it is found that can't go: then its first item is needed, by inference, without
// having been tried alone. It is settled; what stands before it in the group goes back to the pool.
// Every question having even odds, the number of questions is close to the number of bits that tell
// which items are needed, and no tree of halves has to be walked twice.
//
// Groups come in once more when the needed items found so far speak for it. If two of them share a
// group that holds little of the pool, the crash is likely to be the doing of a few sessions; if
// many come without gaps, something is counted (the 300th insert), and the items between are of
// another kind. One question then tries to drop every item of the groups that have not been needed
// yet (in the dense run, in the second case). It is asked again only after twice as much evidence:
// however often the guess is wrong, it costs a logarithm. Where several sessions are clearly at
// work and that question failed, the sessions themselves are scanned once, by last activity, and
// given up after three needed ones in a row, as they then cost more than they save. Not where
// prefixes can be held: leaving out a session leaves nothing of them.
Choice Search::run(Choice start) {
  best_ = start;
  undecided_ = std::move(start);
  log_.reduced_to(best_, asker_.tally().questions);
  if (options_.group_probes) keep_last_group();
  if (options_.suffix_probes) keep_suffix();
  if (options_.last_first) settle_last();
  scan_items();
  const bool aside_is_better = !aside_.empty() && aside_.size() < best_.size();
  return std::move(asker_.stopped() && aside_is_better ? aside_ : best_);
}

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
constexpr std::uint32_t kFirstSuffix = 64;
constexpr std::uint32_t kSuffixFactor = 4;

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

// Longer suffixes than a quarter aren't tried: they would save two bits for each needed item at
// best, and mostly they fail.
std::vector<Choice> Search::suffixes() const {
  std::vector<Choice> suffixes;
  const std::size_t longest = undecided_.size() / kSuffixFactor;
  for (std::size_t length = kFirstSuffix; length <= longest; length *= kSuffixFactor) {
    suffixes.emplace_back(undecided_.end() - static_cast<std::ptrdiff_t>(length), undecided_.end());
  }
  return suffixes;
}

void Search::keep_suffix() {
  for (Choice& candidate : suffixes()) {
    const std::optional<bool> enough = ask(candidate);
    if (!enough) return;
    if (*enough) {
      undecided_ = std::move(candidate);
      return;
    }
  }
}

void Search::settle_last() {
  if (undecided_.empty() || asker_.stopped()) return;
  const std::uint32_t last = undecided_.back();
  Choice rest(undecided_.begin(), undecided_.end() - 1);
  const auto left = static_cast<std::uint32_t>(rest.size());
  hold_prefixes(left, left, GapMemory::fresh(left).length());
  const std::optional<bool> superfluous = ask(rest);
  if (!superfluous) return;
  undecided_ = std::move(rest);
  if (*superfluous) return;
  later_.push_back(last);
  note_needed(last);
}

void Search::scan_items() {
  if (undecided_.empty()) return;
  if (coarse_pays()) {
    if (scan_coarse()) return;
  } else if (options_.workers >= kDisjointFrom) {
    const Choice start = best_;
    if (scan_disjoint()) return;
    aside_ = std::exchange(best_, start);
  }
  const auto units = static_cast<std::uint32_t>(undecided_.size());
  scan_ = GapScan(units, GapMemory::fresh(units, !options_.votes->flaky()));
  scanning_ = true;
  const Render<GapScan> render = [this](const GapScan& scan) {
    Choice front(undecided_.begin(), undecided_.begin() + scan.question());
    return with_needed(std::move(front), scan);
  };
  while (!scan_.done()) {
    const std::size_t settled = scan_.settled().size();
    hold_prefixes(scan_.question(), scan_.best(), scan_.memory().length());
    const std::optional<bool> still_there = ask_along(scan_, render);
    if (!still_there) return;
    scan_.answer(*still_there);
    if (scan_.settled().size() > settled) after_needed(undecided_[scan_.settled().back()]);
  }
}

void Search::hold_prefixes(std::uint32_t front, std::uint32_t end, double gap) {
  asker_.hold(checkpoints_.before(front, end, gap));
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

// Goes on with fewer undecided items. They are taken to hold the same needed ones, closer together.
void Search::restart_with(Choice kept) {
  GapMemory memory = scan_.memory();
  memory.scale(static_cast<double>(kept.size()) / std::max(1.0, static_cast<double>(scan_.best())));
  for (const std::uint32_t unit : scan_.settled()) later_.push_back(undecided_[unit]);
  undecided_ = std::move(kept);
  checkpoints_.forget();
  scan_ = GapScan(static_cast<std::uint32_t>(undecided_.size()), memory);
}

std::optional<bool> Search::ask(Choice choice) {
  const std::optional<bool> still_there = asker_.reproduces(choice, votes());
  if (still_there.value_or(false)) {
    best_ = std::move(choice);
    log_.reduced_to(best_, asker_.tally().questions);
  }
  log_.asked(asker_.tally().questions, expected_more());
  return still_there;
}

template <typename Scan>
std::optional<bool> Search::ask_along(const Scan& scan, const Render<Scan>& render) {
  if (options_.workers < 2) return ask(render(scan));
  const std::vector<Guess<Scan>> guesses = likely_next(scan, options_.workers);
  std::vector<Choice> choices;
  for (const Guess<Scan>& guess : guesses) choices.push_back(render(guess.state));
  GuessRace race(guesses);
  if (!asker_.knows(choices.front(), votes())) asker_.fetch(choices, votes(), &race);
  return ask(std::move(choices.front()));
}

template std::optional<bool> Search::ask_along(const GapScan&, const Render<GapScan>&);
template std::optional<bool> Search::ask_along(const CoarseScan&, const Render<CoarseScan>&);

// If the rest is as dense as what was scanned: the bits to tell which are needed, and the proof.
double Search::expected_more() const {
  const auto left = static_cast<double>(scanning_ ? scan_.best() : undecided_.size());
  const double needed = std::min(left, left / std::max(1.0, scan_.memory().length()));
  const double bits =
      log2_choose(static_cast<std::uint64_t>(left), static_cast<std::uint64_t>(std::ceil(needed)));
  return bits + needed + needed_;
}

Choice Search::with_needed(Choice choice, const GapScan& scan) const {
  const std::vector<std::uint32_t>& settled = scan.settled();
  choice.reserve(choice.size() + settled.size() + later_.size());
  for (auto unit = settled.rbegin(); unit != settled.rend(); ++unit) {
    choice.push_back(undecided_[*unit]);
  }
  choice.insert(choice.end(), later_.rbegin(), later_.rend());
  return choice;
}

Choice Search::only(const Choice& of, const Groups& groups) const {
  Choice kept;
  std::copy_if(of.begin(), of.end(), std::back_inserter(kept),
               [&](std::uint32_t position) { return groups.contains(items_[position].group); });
  return kept;
}

}  // namespace crashreel
