#include "capture/reel/salvage_select.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "capture/reel/reel.h"

namespace crashreel {
namespace {

InputKind kind_of(const Found& found) {
  return static_cast<InputKind>(found.input.kind);
}

bool earlier(const Found& one, const Found& other) {
  return std::tie(one.input.stamp, one.input.slot) < std::tie(other.input.stamp, other.input.slot);
}

bool same(const Found& one, const Found& other) {
  return !earlier(one, other) && !earlier(other, one);
}

// Of two copies of one input the one that speaks more strongly for it.
CopyOf stronger(CopyOf one, CopyOf other) {
  const auto rank = [](CopyOf what) {
    switch (what) {
      case CopyOf::kOpenHead:
        return 3;
      case CopyOf::kPin:
        return 2;
      case CopyOf::kClosedHead:
        return 1;
      case CopyOf::kNothing:
        return 0;
    }
    return 0;
  };
  return rank(one) < rank(other) ? other : one;
}

// The copies whose input the chunks do not have, in order, each once. The others leave a mark.
// Above the horizon the chunks have all that there is, but for what is damaged there; and before
// the pool's first input nothing is missing.
std::vector<Found> match(std::vector<Found>& inputs, std::vector<RingCopy> copies,
                         const Collection& found) {
  std::vector<Found> rescued;
  for (RingCopy& copy : copies) {
    Found alone{std::move(copy.input), copy.what, false};
    const auto at = std::ranges::lower_bound(inputs, alone, earlier);
    if (at != inputs.end() && same(*at, alone)) {
      at->copy = stronger(at->copy, alone.copy);
    } else if (alone.input.stamp >= found.pool_earliest && alone.input.stamp <= found.horizon) {
      rescued.push_back(std::move(alone));
    }
  }
  std::ranges::sort(rescued, earlier);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rescued.size(); ++i) {
    if (kept != 0 && same(rescued[kept - 1], rescued[i])) {
      rescued[kept - 1].copy = stronger(rescued[kept - 1].copy, rescued[i].copy);
    } else {
      if (kept != i) rescued[kept] = std::move(rescued[i]);
      ++kept;
    }
  }
  rescued.erase(rescued.begin() + static_cast<std::ptrdiff_t>(kept), rescued.end());
  return rescued;
}

std::vector<Found> merge(Collection& found, std::vector<RingCopy> copies) {
  std::vector<Found> inputs;
  inputs.reserve(found.inputs.size() + copies.size());
  for (Piece& piece : found.inputs) inputs.push_back({std::move(piece), CopyOf::kNothing, true});
  found.inputs.clear();
  std::vector<Found> rescued = match(inputs, std::move(copies), found);
  const auto middle = static_cast<std::ptrdiff_t>(inputs.size());
  std::ranges::move(rescued, std::back_inserter(inputs));
  std::inplace_merge(inputs.begin(), inputs.begin() + middle, inputs.end(), earlier);
  return inputs;
}

// Where the newest `keep` inputs begin, at `from` at the earliest.
std::size_t newest(const std::vector<Found>& inputs, std::size_t from, std::uint64_t keep) {
  if (keep == 0) return from;
  std::size_t cut = inputs.size();
  for (std::size_t i = inputs.size(); i-- > from && keep != 0;) {
    if (!counts_as_input(kind_of(inputs[i]))) continue;
    cut = i;
    --keep;
  }
  // Fewer than that: all of the tail.
  return keep != 0 ? from : cut;
}

// Where those begin that are not older than was asked for, at `from` at the earliest.
std::size_t young(const std::vector<Found>& inputs, std::size_t from, const RingTime& time,
                  const Bounds& bounds) {
  if (bounds.keep_age_ns == 0 || from == inputs.size()) return from;
  const std::uint64_t last = time.since_start_ns(inputs.back().input.stamp);
  const std::uint64_t end = bounds.end_ns == 0 ? last : bounds.end_ns;
  const std::uint64_t oldest = end - std::min(end, bounds.keep_age_ns);
  const auto begin = inputs.begin() + static_cast<std::ptrdiff_t>(from);
  const auto at =
      std::lower_bound(begin, inputs.end(), oldest, [&](const Found& found, std::uint64_t limit) {
        return time.since_start_ns(found.input.stamp) < limit;
      });
  return static_cast<std::size_t>(at - inputs.begin());
}

// Walks from the end to the prelude, so that it knows which sessions are in use later and began
// before: a number that is used again belongs to its newest opening.
class Judge {
 public:
  Judge(const std::vector<Found>& inputs, std::size_t tail_begin, std::size_t counted_begin)
      : inputs_(inputs), tail_begin_(tail_begin), counted_begin_(counted_begin) {}

  void pass_over_tail(const Found& found) {
    if (found.input.session == kNoSession) return;
    if (kind_of(found) == InputKind::kOpen) {
      in_use_.erase(found.input.session);
    } else {
      in_use_.insert(found.input.session);
    }
  }

  // Of an input between the prelude and the tail.
  Fate judge(std::size_t i) {
    const Found& found = inputs_[i];
    const bool in_use = in_use_.contains(found.input.session);
    const bool opens = kind_of(found) == InputKind::kOpen;
    Fate fate = reason_to_leave_out(i);
    if (found.copy == CopyOf::kOpenHead || (found.copy == CopyOf::kClosedHead && in_use) ||
        (opens && in_use && i >= tail_begin_)) {
      fate = Fate::kHead;
    } else if (found.copy == CopyOf::kPin) {
      fate = Fate::kPinned;
    }
    const bool ends = kind_of(found) == InputKind::kClose || (opens && i >= tail_begin_);
    if (ends || (opens && fate == Fate::kHead)) in_use_.erase(found.input.session);
    return fate;
  }

 private:
  Fate reason_to_leave_out(std::size_t i) const {
    if (!inputs_[i].in_pool) return Fate::kNotNeeded;
    if (i < tail_begin_) return Fate::kSparse;
    return i < counted_begin_ ? Fate::kTrimmed : Fate::kAged;
  }

  const std::vector<Found>& inputs_;
  std::size_t tail_begin_;     // where nothing is missing from
  std::size_t counted_begin_;  // where the newest begin that were asked for
  std::unordered_set<std::uint32_t> in_use_;
};

}  // namespace

Selection select(Collection& found, std::vector<RingCopy> copies, const RingTime& time,
                 const Bounds& bounds) {
  Selection selection;
  selection.inputs = merge(found, std::move(copies));
  const std::vector<Found>& inputs = selection.inputs;
  const auto stamp_of = [](const Found& each) { return each.input.stamp; };
  const auto begin = inputs.begin();
  const auto prelude_end = std::ranges::lower_bound(inputs, found.pool_earliest, {}, stamp_of);
  const auto complete =
      std::ranges::upper_bound(prelude_end, inputs.end(), found.horizon, {}, stamp_of);
  const auto prelude = static_cast<std::size_t>(prelude_end - begin);
  selection.complete_begin = static_cast<std::size_t>(complete - begin);
  const std::size_t counted = newest(inputs, selection.complete_begin, bounds.keep_inputs);
  selection.tail_begin = young(inputs, counted, time, bounds);

  selection.fates.assign(inputs.size(), Fate::kPrelude);
  Judge judge(inputs, selection.complete_begin, counted);
  for (std::size_t i = inputs.size(); i-- > prelude;) {
    if (i >= selection.tail_begin) {
      selection.fates[i] = Fate::kTail;
      judge.pass_over_tail(inputs[i]);
    } else {
      selection.fates[i] = judge.judge(i);
    }
  }
  return selection;
}

}  // namespace crashreel
