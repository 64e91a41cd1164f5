#include "minimizer/gap_scan.h"

#include <algorithm>
#include <cmath>

#include "capture/base/check.h"

namespace crashreel {

// The constants below and the shape of GapMemory were chosen by the questions that a scan spends on
// needed sets drawn uniformly, in a tail, in clusters of six and in one dense run, with 1 to 90
// needed among 300 to 300,000, and on texts of 45 to 1,000 bytes, by a generator of its own:
// tests/bench/minimize_sim_bench.cc reports other seeds, and structures (pairs, chains, sessions,
// counters) that had no say here. Against a running mean with weight 0.35, groups of 0.69 of it
// that double on success and plain halving, this saves 0 to 4 % on uniform sets, 2 to 4 % on
// clusters and 2 to 12 % on dense runs. A longer memory would save 2 % more on uniform sets with
// many needed, and lose 7 % on clusters.
namespace {

// The first group is a quarter of everything: an eighth is better from thirty needed on, by 1 %,
// and worse below four, by 4 %.
constexpr double kFirstGroupShare = 0.25;
constexpr double kNewestGapWeight = 0.5;
// Believing two short gaps in a row saves 3 to 4 % on tails, 6 to 11 % on clusters of six and 10 to
// 38 % on dense runs, and costs uniform sets nothing.
constexpr double kFarShorter = 24.0;
constexpr double kDenseSlack = 4.0;
// Where more than about every third unit is needed, asking one by one is the optimum (the known
// cutoff of group testing lies at 0.38); the running mean is too rough to go closer.
constexpr double kOneByOneBelow = 3.0;

}  // namespace

GapMemory GapMemory::fresh(std::uint32_t units, bool believes_short_gaps) {
  return GapMemory(std::max(1.0, units * kFirstGroupShare), believes_short_gaps);
}

std::uint32_t GapMemory::group() const {
  if (length_ < kOneByOneBelow) return 1;
  return static_cast<std::uint32_t>(std::lround(std::min(length_, 4294967295.0)));
}

std::uint32_t GapMemory::cut(std::uint32_t clean, std::uint32_t failing) const {
  CRASHREEL_CHECK(clean + 1 < failing);
  const double even_odds = (chance_clean(clean) + chance_clean(failing)) / 2;
  const auto units = static_cast<std::uint32_t>(std::lround(length_ / even_odds - length_));
  return std::clamp(units, clean + 1, failing - 1);
}

void GapMemory::saw_needed(std::uint32_t gap) {
  const bool is_short = believes_short_gaps_ && kFarShorter * gap < length_;
  if (is_short && last_was_short_) {
    length_ = kDenseSlack * std::max(gap, last_gap_);
  } else {
    length_ = (1 - kNewestGapWeight) * length_ + kNewestGapWeight * gap;
  }
  last_was_short_ = is_short;
  last_gap_ = gap;
}

void GapMemory::scale(double factor) {
  length_ = std::max(1.0, length_ * factor);
}

std::uint32_t GapScan::dropped_by_question() const {
  if (failing_ != 0) return memory_.cut(clean_, failing_);
  return std::min(memory_.group(), pool_);
}

double GapScan::chance() const {
  if (failing_ != 0) return 0.5;  // the cut was chosen so
  return memory_.chance_clean(dropped_by_question());
}

void GapScan::answer(bool still_there) {
  CRASHREEL_CHECK(!done());
  const std::uint32_t dropped = dropped_by_question();
  if (still_there && failing_ == 0) {
    pool_ -= dropped;
    since_needed_ += dropped;
    memory_.saw_clean(dropped);
    return;
  }
  (still_there ? clean_ : failing_) = dropped;
  if (failing_ - clean_ == 1) settle();
}

// Dropping the last clean_ units is fine, dropping one more is not: that one is needed, though it
// was never tried alone. What lies before it in the group is as unknown as the rest of the pool.
void GapScan::settle() {
  last_gap_ = since_needed_ + failing_;
  pool_ -= failing_;
  settled_.push_back(pool_);
  memory_.saw_needed(failing_);
  clean_ = failing_ = since_needed_ = 0;
}

}  // namespace crashreel
