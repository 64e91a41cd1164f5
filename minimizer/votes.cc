#include "minimizer/votes.h"

#include <algorithm>
#include <cmath>

namespace crashreel {
namespace {

// A wrong no in the search costs about as much as this chance of it saves: from 0.1 to 0.2 the runs
// in all hardly change.
constexpr double kWrongInSearch = 0.18;
// About this share of the items that the proof finds is one too many before it: measured, on other
// seeds than those reported. Where the search asks more than once the cheap steps of the proof weed
// out less.
constexpr double kSurplusShare = 0.05;
constexpr double kSurplusShareOfVotes = 0.2;
// A whole vote more is not worth so little of one.
constexpr double kForgiven = 0.1;
// However high the rate seems to be: where the search asks once, nothing more is learned of it.
constexpr std::uint32_t kLeastProof = 3;
// Of a rate from few runs nothing is believed to the last digit: as if a little more had been
// missed.
constexpr double kDoubt = 0.9;

}  // namespace

Votes Votes::by_rate(double wrong, std::uint32_t most) {
  Votes votes(1, 1);
  votes.by_rate_ = true;
  votes.wrong_ = wrong;
  votes.most_ = most;
  return votes;
}

std::uint32_t Votes::search() const {
  return by_rate_ ? std::min(needed(kWrongInSearch), most_) : search_;
}

std::uint32_t Votes::proof(std::size_t kept) const {
  if (!by_rate_) return proof_;
  return std::min(std::max(needed(wrong_ / surplus(kept)), kLeastProof), most_);
}

bool Votes::too_rare_to_search() const {
  return by_rate_ && needed(kWrongInSearch) > most_;
}

bool Votes::too_rare_to_prove(std::size_t kept) const {
  return by_rate_ && needed(wrong_ / surplus(kept)) > most_;
}

double Votes::surplus(std::size_t kept) const {
  const double share = search() > 1 ? kSurplusShareOfVotes : kSurplusShare;
  return std::max(1.0, share * static_cast<double>(kept));
}

// The smallest number of votes that is wrong with at most this chance.
std::uint32_t Votes::needed(double wrong) const {
  const double miss = 1 - rate();
  if (miss <= 0) return 1;
  const double votes = std::ceil(std::log(wrong) / std::log(miss) - kForgiven);
  return static_cast<std::uint32_t>(std::clamp(votes, 1.0, 1e9));
}

void Votes::saw_crash(std::uint32_t misses, std::uint32_t votes) {
  Seen& seen = up_to_[votes];
  seen.crashes += 1;
  seen.misses += misses;
  rate_known_ = false;
}

void Votes::saw_runs(std::uint64_t crashes, std::uint64_t misses) {
  free_.crashes += static_cast<double>(crashes);
  free_.misses += static_cast<double>(misses);
  rate_known_ = false;
}

// The rate under which as many misses were to be expected as were seen. Questions that were given
// up are not among them (nobody knows which of them could have crashed), so of those that crashed
// at most votes - 1 misses were possible: their mean is that of a geometric distribution cut off
// there.
double Votes::rate() const {
  if (rate_known_) return rate_;
  const auto too_many_misses = [&](double rate) {
    const double miss = 1 - rate;
    double expected = free_.crashes * miss / rate;
    double seen = free_.misses + kDoubt;
    for (const auto& [votes, sums] : up_to_) {
      double mean = 0;
      double chance = rate;
      for (std::uint32_t misses = 0; misses < votes; ++misses, chance *= miss) {
        mean += misses * chance;
      }
      expected += sums.crashes * mean / (1 - std::pow(miss, votes));
      seen += sums.misses;
    }
    return seen > expected;
  };
  double low = 1e-6, high = 1 - 1e-6;
  for (int step = 0; step < 40; ++step) {
    const double middle = (low + high) / 2;
    (too_many_misses(middle) ? high : low) = middle;
  }
  rate_known_ = true;
  return rate_ = (low + high) / 2;
}

}  // namespace crashreel
