// Which of n units are needed, if many questions can be out at the same time?
//
// For oracles with four workers or more. Where gap_scan.h asks one question after the other from
// the end, this one leaves out disjoint groups, each in a question of its own, and takes out
// together all that could go alone. That is right for a crash that needs certain units and
// nothing else; it is a guess where units depend on one another or can stand in for one another.
// Whoever uses it has to ask whether what is left still crashes, and to mind bewildered().
#pragma once

#include <cstdint>
#include <vector>

namespace crashreel {

class DisjointScan {
 public:
  using Units = std::vector<std::uint32_t>;  // rising

  explicit DisjointScan(std::uint32_t units);

  bool done() const { return unknown_.empty() && open_.empty(); }

  // Disjoint groups, each of which is to be left out alone of kept(). About as many as there are
  // workers. Only while not done.
  const std::vector<Units>& plan(std::uint32_t workers);
  // For each group of the plan: was the crash still there without it?
  void answer(const std::vector<bool>& can_go);

  // All units that were not taken out.
  Units kept() const;
  // Those known to be needed, if the crash is of the simple kind.
  Units needed() const;
  // The answers don't fit such a crash: nothing could go for many rounds, or all parts could of
  // what could not.
  bool bewildered() const { return contradiction_ || rounds_in_vain_ > kMostRoundsInVain; }

 private:
  struct Test {
    std::size_t of = 0;  // in open_, or kUnknown
    Units units;
  };
  static constexpr int kMostRoundsInVain = 5;

  std::vector<std::size_t> share_out(std::size_t slots) const;
  void plan_open(std::size_t of, std::size_t tests);
  void plan_unknown(std::size_t tests);
  void found(Units units);  // hold a needed one
  void learn(const std::vector<bool>& can_go);
  double mean_gap() const { return seen_units_ / seen_needed_; }
  double chance(std::size_t units) const;
  std::uint32_t even_odds(std::uint32_t units) const;

  Units unknown_;            // nothing is known of these
  std::vector<Units> open_;  // each holds a needed one, and is larger than one
  Units needed_;             // not in order
  std::vector<Test> tests_;
  std::vector<Units> planned_;
  double seen_units_;  // what the mean gap between needed units is taken from
  double seen_needed_ = 1;
  int rounds_in_vain_ = 0;
  bool contradiction_ = false;
};

}  // namespace crashreel
