#include "tools/suggest.h"

#include <algorithm>
#include <cstddef>

namespace crashreel {
namespace {

// Optimal string alignment distance, three rows at a time.
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t changed = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + changed});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 64;  // the distance costs length times length
  if (word.size() > kLongestWord) return "";
  std::string best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    bool is_start = word.size() >= 2 && candidate.starts_with(word);
    std::size_t slips = is_start ? 1 : slips_between(word, candidate);
    // Everything changed is no slip: "xy" is not a way of writing "-o".
    if (slips >= fewest || slips >= candidate.size()) continue;
    fewest = slips;
    best = candidate;
  }
  return best;
}

}  // namespace crashreel
