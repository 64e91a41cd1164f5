#include "minimizer/checker.h"

#include <algorithm>
#include <vector>

#include "capture/base/check.h"

namespace crashreel {

namespace {

// Bounds the memory for the questions of a large result, and what is asked beyond the first hit.
constexpr std::size_t kBatch = 64;

}  // namespace

MinimalityCheck check_one_minimal(std::span<const Item> items, const Choice& kept, Oracle& oracle) {
  const auto not_rising = [](std::uint32_t a, std::uint32_t b) { return a >= b; };
  CRASHREEL_CHECK(std::adjacent_find(kept.begin(), kept.end(), not_rising) == kept.end());
  CRASHREEL_CHECK(kept.empty() || kept.back() < items.size());

  MinimalityCheck check;
  check.runs = 1;
  check.reproduces = oracle.ask(kept) == Verdict::kReproduces;
  if (!check.reproduces) return check;
  for (std::size_t from = 0; from < kept.size(); from += kBatch) {
    std::vector<Choice> choices;
    for (std::size_t i = from; i < std::min(from + kBatch, kept.size()); ++i) {
      Choice& smaller = choices.emplace_back(kept);
      smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(i));
    }
    const std::vector<Verdict> verdicts = oracle.ask_all(choices);
    CRASHREEL_CHECK(verdicts.size() == choices.size());
    check.runs += verdicts.size();
    const auto goes = std::find(verdicts.begin(), verdicts.end(), Verdict::kReproduces);
    if (goes == verdicts.end()) continue;
    check.superfluous = kept[from + static_cast<std::size_t>(goes - verdicts.begin())];
    return check;
  }
  check.one_minimal = true;
  return check;
}

}  // namespace crashreel
