#include "minimizer/disjoint_scan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "capture/base/check.h"

namespace crashreel {
namespace {

constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);
// As the serial scan begins: see gap_scan.cc.
constexpr double kFirstGroupOfAll = 0.25;
// Tuned like the constants there: by the rounds on needed sets of a generator of its own, with
// seeds that no benchmark reports.
constexpr double kMemory = 0.7;
constexpr double kCutWeight = 0.35;
// From so many tests on, all parts of a group are asked for, none is inferred.
constexpr std::size_t kAskAllPartsFrom = 4;

}  // namespace

DisjointScan::DisjointScan(std::uint32_t units)
    : unknown_(units), seen_units_(std::max(1.0, units * kFirstGroupOfAll)) {
  std::iota(unknown_.begin(), unknown_.end(), 0U);
}

// The algorithm
// -------------
// A round has a slot for each worker. What can be asked at even odds comes first: half of every
// open group (one that is known to hold a needed unit), and groups of unknown units that are as
// long as the mean gap between needed ones. Are there more of these than slots, the largest go
// first, because they have the longest way to go. Are there fewer, open groups are cut into more
// parts, in proportion to what is expected to be found in them, and unknown units into more groups.
const std::vector<DisjointScan::Units>& DisjointScan::plan(std::uint32_t workers) {
  CRASHREEL_CHECK(!done() && workers > 0);
  tests_.clear();
  std::stable_sort(open_.begin(), open_.end(),
                   [](const Units& a, const Units& b) { return a.size() > b.size(); });
  const std::vector<std::size_t> tests = share_out(workers);
  std::size_t slots = workers;
  for (std::size_t of = 0; of < tests.size(); ++of) {
    plan_open(of, tests[of]);
    slots -= tests[of];
  }
  if (slots > 0) plan_unknown(slots);
  planned_.clear();
  for (const Test& test : tests_) planned_.push_back(test.units);
  return planned_;
}

// How many slots each open group gets; unknown units get the rest, which is one at least unless
// there are as many open groups as slots.
std::vector<std::size_t> DisjointScan::share_out(std::size_t slots) const {
  const double expected =
      static_cast<double>(open_.size()) + static_cast<double>(unknown_.size()) / mean_gap();
  const auto share =
      std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(slots) / expected));
  if (!unknown_.empty() && open_.size() < slots) --slots;
  std::vector<std::size_t> tests(std::min(open_.size(), slots), 0);
  const auto give = [&](std::size_t of, std::size_t most) {
    const std::size_t given = std::min({most, slots, open_[of].size() - tests[of]});
    tests[of] += given;
    slots -= given;
    return given;
  };
  for (std::size_t of = 0; of < tests.size(); ++of) give(of, share);
  for (bool more = unknown_.empty(); more;) {
    more = false;
    for (std::size_t of = 0; of < tests.size(); ++of) more |= give(of, 1) > 0;
  }
  return tests;
}

// From the end; the part at the front is inferred where tests are few.
void DisjointScan::plan_open(std::size_t of, std::size_t tests) {
  const Units& units = open_[of];
  if (tests == 0) return;
  std::size_t end = units.size();
  const auto take = [&](std::size_t count) {
    const auto last = units.begin() + static_cast<std::ptrdiff_t>(end);
    tests_.push_back({.of = of, .units = Units(last - static_cast<std::ptrdiff_t>(count), last)});
    end -= count;
  };
  if (tests == 1) return take(even_odds(static_cast<std::uint32_t>(units.size())));
  const std::size_t parts = tests >= kAskAllPartsFrom || tests == units.size() ? tests : tests + 1;
  for (std::size_t part = 0; part < tests; ++part) {
    take((end + parts - part - 1) / (parts - part));
  }
}

void DisjointScan::plan_unknown(std::size_t tests) {
  const std::size_t even = (unknown_.size() + tests - 1) / tests;
  const std::size_t group = std::min(even, static_cast<std::size_t>(std::max(1.0, mean_gap())));
  std::size_t end = unknown_.size();
  for (; tests > 0 && end > 0; --tests) {
    const std::size_t begin = end - std::min(group, end);
    tests_.push_back({.of = kUnknown,
                      .units = Units(unknown_.begin() + static_cast<std::ptrdiff_t>(begin),
                                     unknown_.begin() + static_cast<std::ptrdiff_t>(end))});
    end = begin;
  }
}

double DisjointScan::chance(std::size_t units) const {
  return mean_gap() / (mean_gap() + static_cast<double>(units));
}

// How many of a group that can't go to leave out, so that they can with chance one half: the same
// as GapMemory::cut.
std::uint32_t DisjointScan::even_odds(std::uint32_t units) const {
  const double middle = (1 + chance(units)) / 2;
  const auto cut = static_cast<std::int64_t>(std::lround(mean_gap() / middle - mean_gap()));
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(cut, 1, units - 1));
}

void DisjointScan::answer(const std::vector<bool>& can_go) {
  CRASHREEL_CHECK(can_go.size() == tests_.size());
  struct Asked {
    std::size_t units = 0;  // at the end of the group
    bool hit = false;       // a part of them can't go
  };
  std::vector<Asked> asked(open_.size());
  std::size_t unknown_asked = 0;
  std::vector<Units> before = std::exchange(open_, {});
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    Test& test = tests_[i];
    if (test.of == kUnknown) {
      unknown_asked += test.units.size();
    } else {
      asked[test.of].units += test.units.size();
      asked[test.of].hit |= !can_go[i];
    }
    if (!can_go[i]) found(std::move(test.units));
  }
  learn(can_go);
  unknown_.resize(unknown_.size() - unknown_asked);
  for (std::size_t of = 0; of < before.size(); ++of) {
    Units rest = std::move(before[of]);
    rest.resize(rest.size() - asked[of].units);
    if (asked[of].hit) {
      unknown_.insert(unknown_.end(), rest.begin(), rest.end());
    } else if (rest.empty()) {
      contradiction_ = true;
    } else {
      found(std::move(rest));
    }
  }
  std::sort(unknown_.begin(), unknown_.end());
}

void DisjointScan::found(Units units) {
  if (units.size() == 1) {
    needed_.push_back(units.front());
  } else {
    open_.push_back(std::move(units));
  }
}

// A group of unknown units that can't go shows a needed one; a part of an open group that can't go
// shows where, which says less about how many there are.
void DisjointScan::learn(const std::vector<bool>& can_go) {
  seen_units_ *= kMemory;
  seen_needed_ *= kMemory;
  bool any = false;
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    const auto units = static_cast<double>(planned_[i].size());
    const double weight = tests_[i].of == kUnknown ? 1 : kCutWeight;
    seen_units_ += weight * (can_go[i] ? units : units / 2);
    if (!can_go[i]) seen_needed_ += weight;
    any |= can_go[i];
  }
  rounds_in_vain_ = any ? 0 : rounds_in_vain_ + 1;
}

DisjointScan::Units DisjointScan::kept() const {
  Units all = unknown_;
  for (const Units& units : open_) all.insert(all.end(), units.begin(), units.end());
  all.insert(all.end(), needed_.begin(), needed_.end());
  std::sort(all.begin(), all.end());
  return all;
}

DisjointScan::Units DisjointScan::needed() const {
  Units all = needed_;
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace crashreel
