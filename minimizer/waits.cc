#include "minimizer/waits.h"

#include <algorithm>
#include <utility>

#include "minimizer/smallest.h"

namespace crashreel {
namespace {

class WaitsAsPlaces : public Rewrite {
 public:
  explicit WaitsAsPlaces(const Candidate& whole) : whole_(whole), without_(whole) {
    for (std::size_t part = 0; part < whole.size(); ++part) {
      if (whole[part].wait_ns == 0) continue;
      without_[part].wait_ns = 0;
      parts_.push_back(part);
      places_.push_back({.group = static_cast<std::uint32_t>(part), .bytes = 0});
    }
  }

  std::span<const Item> places() const override { return places_; }
  Candidate with(std::span<const std::uint32_t> kept) const override {
    Candidate candidate = without_;
    for (const std::uint32_t place : kept) {
      candidate[parts_[place]].wait_ns = whole_[parts_[place]].wait_ns;
    }
    return candidate;
  }

 private:
  const Candidate& whole_;
  Candidate without_;
  std::vector<std::size_t> parts_;
  std::vector<Item> places_;
};

// In whole units, rounded up; no longer than it was.
RewriteResult shorten(const Candidate& whole, std::size_t part, std::uint64_t unit_ns,
                      CandidateOracle& oracle, const RewriteOptions& options) {
  const std::uint64_t wait_ns = whole[part].wait_ns;
  const auto with = [&](std::uint64_t units) {
    Candidate candidate = whole;
    candidate[part].wait_ns = units > wait_ns / unit_ns ? wait_ns : units * unit_ns;
    return candidate;
  };
  const std::uint64_t units = wait_ns / unit_ns + (wait_ns % unit_ns == 0 ? 0 : 1);
  return smallest_number(units, with, oracle, options).found;
}

}  // namespace

RewriteResult minimize_waits(const Candidate& whole, CandidateOracle& oracle,
                             const RewriteOptions& options, std::uint64_t unit_ns) {
  RewriteOptions proving = options;
  proving.certify_share = 1;
  proving.all_first = true;
  RewriteResult now = rewrite(WaitsAsPlaces(whole), oracle, proving);
  bool proven = now.one_minimal;
  const Candidate all_needed = now.candidate;
  for (std::size_t part = now.candidate.size(); part-- > 0 && !now.stopped;) {
    if (now.candidate[part].wait_ns == 0) continue;
    RewriteResult shorter = shorten(now.candidate, part, unit_ns, oracle, after(proving, now));
    shorter.count_also(now);
    now = std::move(shorter);
  }
  if (now.stopped) return now;
  if (now.candidate != all_needed) {
    // That one got shorter can have made another needless.
    RewriteResult again = rewrite(WaitsAsPlaces(now.candidate), oracle, after(proving, now));
    const bool same = again.candidate == now.candidate;
    proven = again.one_minimal && same;
    again.count_also(now);
    now = std::move(again);
    if (!same && !now.stopped) {
      RewriteResult rest = minimize_waits(now.candidate, oracle, after(proving, now), unit_ns);
      rest.count_also(now);
      return rest;
    }
  }
  now.one_minimal = proven;
  return now;
}

}  // namespace crashreel
