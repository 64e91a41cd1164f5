// Which of n units in a row are needed, if they can be dropped from the end in groups?
//
// A state machine over numbers alone: it says which question comes next, takes the answer, and ends
// with the units that were found needed. It knows neither what a unit is (an input, a session, a
// byte) nor who answers, and it is small enough to be copied and played forward in the mind, which
// is how several workers are kept busy.
#pragma once

#include <cstdint>
#include <vector>

namespace crashreel {

// What the gaps between needed units have been like so far.
//
// The chance that the next x units can all go is taken as length / (length + x): what follows for a
// gap whose mean is itself known only roughly. `length` is the running mean of the gaps, the newest
// counting half. It has one consequence worth knowing: the group that is as likely to go as not
// is `length` units, and as nothing needed turns up `length` grows with what was scanned, so the
// groups double.
//
// A running mean takes long to come down from thousands to one, a search at each step. So two gaps
// in a row that are both far shorter than it are believed at once: what is needed lies dense here
// (the 300th insert, a burst of dependent inputs). By chance that hardly ever happens.
class GapMemory {
 public:
  // Nothing is known of these units yet. Where answers can be wrong (a flaky crash that was missed
  // looks like a needed unit), short gaps are not believed.
  static GapMemory fresh(std::uint32_t units, bool believes_short_gaps = true);

  double length() const { return length_; }
  double chance_clean(std::uint32_t units) const { return length_ / (length_ + units); }

  // How many units to try to drop at once.
  std::uint32_t group() const;
  // Where to cut a group of which `clean` units are known to go and `failing` are known not to, so
  // that both answers are equally likely. Needs clean + 1 < failing; lies strictly between.
  std::uint32_t cut(std::uint32_t clean, std::uint32_t failing) const;

  void saw_clean(std::uint32_t units) { length_ += units; }
  void saw_needed(std::uint32_t gap);  // `gap` units further on, itself included
  void scale(double factor);           // units vanished from among those still to be scanned

 private:
  GapMemory(double length, bool believes_short_gaps)
      : length_(length), believes_short_gaps_(believes_short_gaps) {}
  double length_;
  bool believes_short_gaps_;
  std::uint32_t last_gap_ = 0;
  bool last_was_short_ = false;
};

class GapScan {
 public:
  GapScan(std::uint32_t units, GapMemory memory) : pool_(units), memory_(memory) {}

  bool done() const { return pool_ == 0; }

  // The question: is the crash still there when of the pool only the first question() units stay,
  // together with settled()? Only while not done.
  std::uint32_t question() const { return pool_ - dropped_by_question(); }
  double chance() const;  // that the answer will be yes
  void answer(bool still_there);

  // The first best() units and settled() are known to be enough (given truthful answers).
  std::uint32_t best() const { return pool_ - clean_; }
  // Found needed, falling; all of them at or beyond the pool's end.
  const std::vector<std::uint32_t>& settled() const { return settled_; }
  const GapMemory& memory() const { return memory_; }
  std::uint32_t last_gap() const { return last_gap_; }  // before the newest of settled()

 private:
  std::uint32_t dropped_by_question() const;
  void settle();

  std::uint32_t pool_;         // units [0, pool_) are undecided
  std::uint32_t clean_ = 0;    // inside a search: the last clean_ of the pool can go ...
  std::uint32_t failing_ = 0;  // ... and the last failing_ can't; 0 while no search is on
  GapMemory memory_;
  std::uint32_t since_needed_ = 0;  // units dropped since the newest of settled_
  std::uint32_t last_gap_ = 0;
  std::vector<std::uint32_t> settled_;
};

}  // namespace crashreel
