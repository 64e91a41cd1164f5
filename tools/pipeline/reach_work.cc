#include "tools/pipeline/reach_work.h"

#include <algorithm>

#include "minimizer/reach.h"

namespace crashreel {
namespace {

// A start takes about as long as so many inputs.
constexpr std::uint64_t kStartCost = 1000;

}  // namespace

std::uint64_t cost_of_tail(std::uint32_t length) {
  return kStartCost + length;
}

std::uint64_t cost_of_rates(std::uint32_t longest) {
  std::uint64_t all = 0;
  for (const std::uint32_t length : reach_lengths(longest)) all += cost_of_tail(length);
  return all;
}

std::uint64_t rounds_between(std::uint32_t passes, std::uint32_t crashes, int jobs) {
  const auto parts = static_cast<std::uint64_t>(std::max(jobs, 1)) + 1;
  std::uint64_t rounds = 0;
  for (std::uint64_t covered = 1; passes + covered < crashes; covered *= parts) ++rounds;
  return rounds;
}

}  // namespace crashreel
