#include "tools/seeds_text.h"

#include <algorithm>
#include <cstddef>

namespace crashreel {
namespace {

constexpr std::size_t kMostNamed = 8;

std::string list_of(const std::vector<std::uint64_t>& seeds) {
  std::string text;
  for (std::size_t i = 0; i < std::min(seeds.size(), kMostNamed); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(seeds[i]);
  }
  const std::size_t more = seeds.size() - std::min(seeds.size(), kMostNamed);
  return more == 0 ? text : text + " and " + std::to_string(more) + " more";
}

}  // namespace

std::string seeds_text(const std::vector<std::uint64_t>& seeds,
                       const std::vector<std::uint64_t>& reproducing) {
  std::vector<std::uint64_t> used = seeds;
  std::erase(used, 0);
  if (used.empty()) return "";
  std::ranges::sort(used);
  std::string text = "  random bytes that the reel does not have came of " +
                     (used.size() == 1 ? "seed " + std::to_string(used.front())
                                       : "the seeds " + std::to_string(used.front()) + " to " +
                                             std::to_string(used.back()));
  if (!reproducing.empty() && reproducing.size() < seeds.size()) {
    text += "; the crash came with " + list_of(reproducing) + ", and '--seed " +
            std::to_string(reproducing.front()) + "' draws the same again";
  }
  return text + "\n";
}

}  // namespace crashreel
