#include "capture/reel/salvage_select.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "capture/reel/reel.h"
#include "capture/reel/session_set.h"

namespace crashreel {
namespace {

constexpr Position kNowhere{std::numeric_limits<std::uint64_t>::max(),
                            std::numeric_limits<std::uint32_t>::max()};

struct Found {
  WholeInput input;
  CopyOf copied = CopyOf::kNothing;  // it has a copy beside the chunks
  const RingCopy* copy = nullptr;    // which is all there is
};

InputKind kind_of(const Found& found) {
  return static_cast<InputKind>(found.input.kind);
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

// By their places, each input once.
std::vector<RingCopy> in_order(std::vector<RingCopy> copies) {
  std::ranges::sort(copies, {}, &RingCopy::at);
  std::size_t kept = 0;
  for (const RingCopy& copy : copies) {
    if (kept != 0 && copies[kept - 1].at() == copy.at()) {
      copies[kept - 1].what = stronger(copies[kept - 1].what, copy.what);
    } else {
      copies[kept++] = copy;
    }
  }
  copies.resize(kept);
  return copies;
}

// Walks from the end to the prelude, so that it knows which sessions are in use later and began
// before: a number that is used again belongs to its newest opening.
class Selector {
 public:
  Selector(const ChunkTable& table, const RingTime& time, const Bounds& bounds)
      : horizon_(table.horizon), time_(time), bounds_(bounds), left_to_keep_(bounds.keep_inputs) {
    selection_.pool_earliest = table.pool_earliest;
    selection_.tail_begin = kNowhere;
  }

  void take(const Found& found) {
    const std::uint64_t stamp = found.input.at.stamp;
    if (stamp < selection_.pool_earliest) {
      ++selection_.prelude;
      keep(found);
    } else if (stamp <= horizon_) {
      selection_.sparse_part += found.copy == nullptr ? 1 : 0;
      judge(found, found.copy == nullptr ? &selection_.sparse : nullptr, std::nullopt);
    } else {
      take_complete(found);
    }
  }

  // Above the horizon the chunks have all that there is, but for what is damaged there; and before
  // the pool's first input nothing is missing.
  bool may_be_rescued(const RingCopy& copy) const {
    return copy.input.stamp >= selection_.pool_earliest && copy.input.stamp <= horizon_;
  }

  Selection take_result() {
    std::ranges::reverse(selection_.between);
    return std::move(selection_);
  }

 private:
  void take_complete(const Found& found);
  bool is_beyond_inputs(const Found& found);
  bool is_beyond_age(const Found& found);
  std::uint64_t oldest_stamp(std::uint64_t newest) const;
  void keep_in_tail(const Found& found);
  void judge(const Found& found, std::uint64_t* left_out, std::optional<std::uint64_t> before_end);
  void keep(const Found& found);

  std::uint64_t horizon_;
  const RingTime& time_;
  Bounds bounds_;
  std::uint64_t left_to_keep_;
  std::optional<std::uint64_t> oldest_stamp_;  // that is young enough
  SessionSet in_use_;
  Selection selection_;
};

// From the horizon on nothing is missing.
void Selector::take_complete(const Found& found) {
  ++selection_.complete;
  if (is_beyond_inputs(found)) {
    judge(found, &selection_.trimmed, selection_.complete);
  } else if (is_beyond_age(found)) {
    judge(found, &selection_.aged, selection_.complete);
  } else {
    keep_in_tail(found);
  }
}

bool Selector::is_beyond_inputs(const Found& found) {
  if (bounds_.keep_inputs == 0) return false;
  if (left_to_keep_ == 0) return true;
  left_to_keep_ -= counts_as_input(kind_of(found)) ? 1 : 0;
  return false;
}

bool Selector::is_beyond_age(const Found& found) {
  if (bounds_.keep_age_ns == 0) return false;
  const std::uint64_t stamp = found.input.at.stamp;
  if (!oldest_stamp_) oldest_stamp_ = oldest_stamp(stamp);
  return stamp < *oldest_stamp_;
}

// `newest`: the stamp of the last input.
std::uint64_t Selector::oldest_stamp(std::uint64_t newest) const {
  const std::uint64_t end = bounds_.end_ns == 0 ? time_.since_start_ns(newest) : bounds_.end_ns;
  const std::uint64_t oldest_ns = end - std::min(end, bounds_.keep_age_ns);
  std::uint64_t too_old = 0, young = std::numeric_limits<std::uint64_t>::max();
  while (young - too_old > 1) {
    const std::uint64_t middle = too_old + (young - too_old) / 2;
    (time_.since_start_ns(middle) < oldest_ns ? too_old : young) = middle;
  }
  return oldest_ns == 0 ? 0 : young;
}

void Selector::keep_in_tail(const Found& found) {
  ++selection_.tail;
  selection_.tail_begin = found.input.at;
  keep(found);
  if (found.input.session == kNoSession) return;
  if (kind_of(found) == InputKind::kOpen) {
    in_use_.erase(found.input.session);
  } else {
    in_use_.insert(found.input.session);
  }
}

// Of an input between the prelude and the tail; `left_out` counts it if it is not kept.
void Selector::judge(const Found& found, std::uint64_t* left_out,
                     std::optional<std::uint64_t> before_end) {
  const std::uint32_t session = found.input.session;
  const bool in_use = in_use_.contains(session);
  const bool opens = kind_of(found) == InputKind::kOpen;
  const bool complete = before_end.has_value();
  const bool head = found.copied == CopyOf::kOpenHead ||
                    (found.copied == CopyOf::kClosedHead && in_use) ||
                    (opens && in_use && complete);
  if (head || found.copied == CopyOf::kPin) {
    Between between{found.input.at, head ? Place::kHead : Place::kPinned, before_end, std::nullopt};
    if (found.copy != nullptr) {
      between.copy = *found.copy;
      ++selection_.rescued;
      selection_.rescued_bytes += found.input.size;
    }
    selection_.between.push_back(between);
    keep(found);
  } else if (left_out != nullptr) {
    ++*left_out;
  }
  const bool ends = kind_of(found) == InputKind::kClose || (opens && complete);
  if (ends || (opens && head)) in_use_.erase(session);
}

void Selector::keep(const Found& found) {
  selection_.counted += counts_as_input(kind_of(found)) ? 1 : 0;
  selection_.cut += found.input.cut ? 1 : 0;
  if (kind_of(found) != InputKind::kOpen) return;
  selection_.opens_stdin |= found.input.opening == Opening::kStdin;
  selection_.opens_others |= found.input.opening == Opening::kInbound;
}

WholeInput input_of(const RingCopy& copy) {
  return {.at = copy.at(),
          .session = copy.input.session,
          .size = copy.input.size,
          .kind = copy.input.kind,
          .cut = false,
          .opening = copy.input.opening};
}

}  // namespace

Selection select(NewestFirst& inputs, const ChunkTable& table, std::vector<RingCopy> copies,
                 const RingTime& time, const Bounds& bounds) {
  Selector selector(table, time, bounds);
  std::vector<RingCopy> older = in_order(std::move(copies));
  const auto rescue = [&] {
    const RingCopy& copy = older.back();
    if (selector.may_be_rescued(copy)) selector.take({input_of(copy), copy.what, &copy});
    older.pop_back();
  };
  for (Found found; inputs.next(found.input);) {
    const Position& at = found.input.at;
    while (!older.empty() && older.back().at() > at) rescue();
    const bool has_copy = !older.empty() && older.back().at() == at;
    found.copied = has_copy ? older.back().what : CopyOf::kNothing;
    if (has_copy) older.pop_back();
    selector.take(found);
  }
  while (!older.empty()) rescue();
  return selector.take_result();
}

}  // namespace crashreel
