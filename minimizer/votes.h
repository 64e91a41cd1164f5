// How often is a question to be asked before its "passes" is believed?
//
// A flaky crash comes with some chance p and never by itself. A "no" after v runs is wrong with
// chance (1-p)^v; what that costs depends on where it happens. In the search a wrong no leaves an
// item too many, which is cheap to mend: few votes. In the proof it is what the result rests on. p
// itself is learned on the way: from the runs of the whole, and from how often each question that
// did crash had to be asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace crashreel {

class Votes {
 public:
  // So many, whatever happens.
  Votes(std::uint32_t search, std::uint32_t proof) : search_(search), proof_(proof) {}
  // By need: a result may be larger than a minimum with chance `wrong`. `most`: no question is
  // asked more often.
  static Votes by_rate(double wrong, std::uint32_t most);

  // Can a crash be missed?
  bool flaky() const { return by_rate_ || proof_ > 1; }
  std::uint32_t search() const;
  std::uint32_t proof(std::size_t kept) const;  // for a proof about so many items
  // Even the most votes are not enough for the search, or for the proof.
  bool too_rare_to_search() const;
  bool too_rare_to_prove(std::size_t kept) const;

  // A question crashed after so many runs that passed; it would have been given up after `votes`.
  void saw_crash(std::uint32_t misses, std::uint32_t votes);
  // Runs of what is known to crash, in whatever number.
  void saw_runs(std::uint64_t crashes, std::uint64_t misses);
  double rate() const;  // 1 while nothing speaks against it

 private:
  std::uint32_t needed(double wrong) const;
  double surplus(std::size_t kept) const;  // how many of them may be one too many

  std::uint32_t search_;
  std::uint32_t proof_;
  bool by_rate_ = false;
  double wrong_ = 0;
  std::uint32_t most_ = 0;

  struct Seen {
    double crashes = 0;
    double misses = 0;
  };
  Seen free_;                            // runs that were to be made anyway
  std::map<std::uint32_t, Seen> up_to_;  // by votes
  mutable double rate_ = 1;
  mutable bool rate_known_ = true;
};

}  // namespace crashreel
