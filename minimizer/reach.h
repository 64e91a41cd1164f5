// How far back must the items go?
//
// A search over the same Oracle as the minimizer's, for what a reel is asked before, or instead of,
// being minimized. It takes few questions: lengths from the end grow four times at a time until the
// crash is there, then what lies between is halved.
//
// That more items never hinder a crash is what the halving assumes. It need not hold, so nothing is
// claimed by it: the length that is found was seen to crash, and the one shorter by one item to
// pass. What longer ones do a table of rates shows.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "minimizer/oracle.h"
#include "minimizer/votes.h"

namespace crashreel {

// How runs with the last so many items ended.
struct ReachPoint {
  std::uint32_t length = 0;
  std::uint32_t reproduced = 0;
  std::uint32_t passed = 0;
  std::uint32_t different = 0;
  std::uint32_t unresolved = 0;

  std::uint32_t tries() const { return reproduced + passed + different + unresolved; }
  bool operator==(const ReachPoint&) const = default;
};

void count(Verdict verdict, ReachPoint& point);

// 1, 4, 16, ..., and all of them last; nothing for no items.
std::vector<std::uint32_t> reach_lengths(std::uint32_t items);

// So many runs of the last `length` of `items` items, none of them taken from a cache.
ReachPoint measure_reach(std::uint32_t length, std::uint32_t items, Oracle& oracle,
                         std::uint32_t tries);

struct ReachOptions {
  // What is known already: the longest length that passes below the shortest that crashes.
  std::uint32_t passes = 0;
  std::optional<std::uint32_t> crashes;
  // How often "passes" is asked for; null: once. Learns from what crashes.
  Votes* votes = nullptr;
  // So many lengths are asked for at once: with w of them a stretch becomes one of w + 1 parts.
  std::uint32_t workers = 1;
  std::uint64_t max_questions = std::numeric_limits<std::uint64_t>::max();
  std::function<bool()> stop;  // true: end with what is known; may be empty
  // The threshold lies above the one and not above the other; may be empty.
  std::function<void(std::uint32_t passes, std::uint32_t crashes)> narrowed;
};

struct Reach {
  // The shortest suffix seen to crash; null when not even the whole did, or the budget was spent.
  std::optional<std::uint32_t> length;
  // The longest one below it that is seen to pass. One less than length if `exact`.
  std::uint32_t passes = 0;
  // Shown: with one item less there is no crash, in as many runs as a proof takes.
  bool exact = false;
  bool stopped = false;
  std::uint64_t questions = 0;
  std::uint64_t runs = 0;
};

// Of so many items the last 1, 4, 16, ... are asked for, then what lies between. A crash that comes
// only sometimes can be missed on the way, which makes the length too long: so from the end of the
// search it is tried in growing steps whether a shorter one crashes after all, with a proof's
// votes.
Reach find_reach(std::uint32_t items, Oracle& oracle, const ReachOptions& options);

}  // namespace crashreel
