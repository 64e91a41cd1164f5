#include "minimizer/checker.h"

#include <algorithm>
#include <vector>

#include "capture/base/check.h"

namespace crashreel {

namespace {

// Bounds the memory for the questions of a large result, and what is asked beyond the first hit.
constexpr std::size_t kBatch = 64;

// Whether each crashes in one of so many runs.
std::vector<bool> any_crash(const std::vector<Choice>& choices, Oracle& oracle, std::uint32_t votes,
                            std::uint64_t& runs) {
  std::vector<bool> crashes(choices.size(), false);
  for (std::uint32_t vote = 0; vote < votes; ++vote) {
    std::vector<Choice> open;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (crashes[i]) continue;
      open.push_back(choices[i]);
      places.push_back(i);
    }
    if (open.empty()) break;
    const std::vector<Verdict> verdicts = oracle.ask_all(open);
    CRASHREEL_CHECK(verdicts.size() == open.size());
    runs += verdicts.size();
    for (std::size_t i = 0; i < places.size(); ++i) {
      crashes[places[i]] = verdicts[i] == Verdict::kReproduces;
    }
  }
  return crashes;
}

}  // namespace

MinimalityCheck check_one_minimal(std::span<const Item> items, const Choice& kept, Oracle& oracle,
                                  std::uint32_t votes) {
  const auto not_rising = [](std::uint32_t a, std::uint32_t b) { return a >= b; };
  CRASHREEL_CHECK(std::adjacent_find(kept.begin(), kept.end(), not_rising) == kept.end());
  CRASHREEL_CHECK(kept.empty() || kept.back() < items.size());

  MinimalityCheck check;
  check.reproduces = any_crash({kept}, oracle, votes, check.runs).front();
  if (!check.reproduces) return check;
  for (std::size_t from = 0; from < kept.size(); from += kBatch) {
    std::vector<Choice> choices;
    for (std::size_t i = from; i < std::min(from + kBatch, kept.size()); ++i) {
      Choice& smaller = choices.emplace_back(kept);
      smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(i));
    }
    const std::vector<bool> crashes = any_crash(choices, oracle, votes, check.runs);
    const auto goes = std::find(crashes.begin(), crashes.end(), true);
    if (goes == crashes.end()) continue;
    check.superfluous = kept[from + static_cast<std::size_t>(goes - crashes.begin())];
    return check;
  }
  check.one_minimal = true;
  return check;
}

}  // namespace crashreel
