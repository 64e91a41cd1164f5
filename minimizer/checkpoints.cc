#include "minimizer/checkpoints.h"

#include <algorithm>
#include <cstddef>

#include "minimizer/gap_scan.h"

namespace crashreel {
namespace {

// New checkpoints are laid on the way from where the question resumes: at distances from its end
// that halve, as whatever is asked next lies near, but nobody knows how near; and evenly, for when
// the scan has come down there. Both together replay 2.1 to 2.9 times the whole (k = 5 to 100), the
// halving ones alone 3.1 to 4.2; more of either change nothing.
constexpr std::uint64_t kEvenly = 12;
constexpr int kHalving = 8;

}  // namespace

std::span<const std::uint32_t> CheckpointPlan::before(std::uint32_t front, std::uint32_t end,
                                                      double gap) {
  if (slots_ == 0) return {};
  // Units beyond the end will not be asked for again.
  std::erase_if(held_, [&](std::uint32_t length) { return length > end; });
  const auto above = std::upper_bound(held_.begin(), held_.end(), front);
  const std::uint32_t resume = above == held_.begin() ? 0 : *(above - 1);
  std::vector<std::uint32_t> lengths = held_;
  const std::uint64_t way = front - resume;
  for (std::uint64_t i = 1; i <= kEvenly; ++i) {
    lengths.push_back(resume + static_cast<std::uint32_t>(way * i / (kEvenly + 1)));
  }
  for (int i = 1; i <= kHalving; ++i) {
    lengths.push_back(front - static_cast<std::uint32_t>(way >> i));
  }
  lengths.push_back(front);
  std::erase(lengths, 0U);
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  held_ = std::move(lengths);
  while (held_.size() > slots_) {
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(least_useful(end, gap)));
  }
  return held_;
}

// A checkpoint saves the way from the one before it, for questions that end before the one after
// it; the farther from the end, the later and the fewer these are.
std::size_t CheckpointPlan::least_useful(std::uint32_t end, double gap) const {
  std::size_t least = 0;
  double least_use = 0;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const std::uint32_t before = i == 0 ? 0 : held_[i - 1];
    const std::uint32_t after = i + 1 == held_.size() ? end : held_[i + 1];
    const double saved = static_cast<double>(after - before);
    const double use = saved / (static_cast<double>(end - held_[i]) + gap);
    if (i == 0 || use < least_use) {
      least = i;
      least_use = use;
    }
  }
  return least;
}

std::vector<std::uint32_t> opening_prefixes(std::uint32_t units, std::uint32_t slots) {
  CheckpointPlan plan(slots);
  const auto lengths = plan.before(units, units, GapMemory::fresh(units).length());
  return {lengths.begin(), lengths.end()};
}

}  // namespace crashreel
