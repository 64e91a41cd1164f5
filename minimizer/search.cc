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

constexpr std::uint32_t kFirstSuffix = 64;
constexpr std::uint32_t kSuffixFactor = 4;

}  // namespace

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
    const GapScan before = scan_;
    const std::optional<bool> still_there = ask_along(scan_, render);
    if (!still_there) return;
    scan_.answer(*still_there);
    if (!doubt_last_no(before, *still_there, render)) return;
    if (scan_.settled().size() > settled) after_needed(undecided_[scan_.settled().back()]);
  }
}

// A crash that was missed looks like a needed item: then all that is cut off of the group can go,
// one part after the other, and an item too many is left in the end. So when the first part of a
// group can go that could not, the no is doubted once: one vote more, which spares the rest of that
// search where the no was wrong. Saves 6 to 9 % of all runs; after two parts 6 to 8, after three 4
// to 6 (on other seeds than those reported). False: stopped.
bool Search::doubt_last_no(const GapScan& before, bool still_there, const Render<GapScan>& render) {
  const bool settled = scan_.settled().size() > before.settled().size();
  const std::optional<GapScan> doubted = std::exchange(doubted_, std::nullopt);
  if (!still_there && !settled && options_.votes->flaky()) doubted_ = before;
  if (!still_there || !doubted) return true;
  Choice choice = render(*doubted);
  const std::optional<bool> after_all = asker_.reconsider(choice, votes() + 1);
  if (!after_all.value_or(false)) return after_all.has_value();
  best_ = std::move(choice);
  log_.reduced_to(best_, asker_.tally().questions);
  scan_ = *doubted;
  scan_.answer(true);
  return true;
}

void Search::hold_prefixes(std::uint32_t front, std::uint32_t end, double gap) {
  asker_.hold(checkpoints_.before(front, end, gap));
}

// Goes on with fewer undecided items. They are taken to hold the same needed ones, closer together.
void Search::restart_with(Choice kept) {
  GapMemory memory = scan_.memory();
  memory.scale(static_cast<double>(kept.size()) / std::max(1.0, static_cast<double>(scan_.best())));
  for (const std::uint32_t unit : scan_.settled()) later_.push_back(undecided_[unit]);
  undecided_ = std::move(kept);
  checkpoints_.forget();
  doubted_.reset();
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

}  // namespace crashreel
