// Where in its inputs does the debugged program stand, and how does it get elsewhere?
//
// Each place is reached by an instance that runs there by itself (harness/standing.h), so going
// back is what it says: never the same process with something undone. Of a server all instances are
// copies of one start, with the same addresses; on its way through a long reel the first one leaves
// checkpoints behind, from which later ones go on. Copies of checkpoints lack the program's other
// threads, all of which wait there; when one of them would be woken the place is reached from the
// start instead. One instance at a time. Knows no debugger.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "harness/fork_server.h"
#include "harness/standing.h"
#include "harness/target.h"

namespace crashreel {

// Inputs are numbered among those in the narrow sense, from 1; one more than there are is the end.
struct DebuggedPlace {
  std::uint64_t input = 0;    // the instance stands just before it
  std::uint64_t resumed = 0;  // before which input the checkpoint stood; 0: from the start
  double seconds = 0;         // that it took
};

class Debuggee {
 public:
  // Both must outlive it. Starts nothing yet.
  Debuggee(const Target& target, const Reel& reel);

  std::uint64_t inputs() const { return inputs_.size(); }
  const Input& input(std::uint64_t number) const { return *inputs_[number - 1]; }
  // A replay brings it: it is not passed over.
  bool is_brought(std::uint64_t number) const;

  // Ends the instance that there is, which nobody may hold any more, and has another one stand
  // before this input, or before the next one that is brought. `fresh`: from no checkpoint.
  Result<DebuggedPlace> go_to(std::uint64_t number, bool fresh);
  // Where go_to() has failed because the program ended or hung: with this input in hand; 0: none.
  std::uint64_t failed_in() const { return failed_in_; }

  // Of the instance; there must be one. Before which input it is, and exactly there?
  Standing& instance() { return *instance_; }
  const Standing& instance() const { return *instance_; }
  bool has_instance() const { return instance_.has_value(); }
  std::uint64_t at() const;
  bool is_between() const;
  // It may go on, and stops before each input from this one on; see Standing.
  void go_on_until(std::uint64_t number);

  std::size_t checkpoints() const { return checkpoints_.size(); }
  // Why no copies are made; empty: they are, or there was no need yet.
  const std::string& obstacle() const { return obstacle_; }

 private:
  void number_steps();
  std::uint64_t number_at(std::size_t steps) const;
  Result<void> stand(StandingOrder& order, bool fresh, std::size_t& resumed);
  // False: the copy lacked a thread.
  Result<bool> stand_copied(ForkServer& from, StandingOrder& order);
  bool start_server();
  ForkServer& nearest(std::size_t step);

  const Target& target_;
  Sequence whole_;
  Layout layout_;
  Sequence inputs_;                       // in the narrow sense
  std::vector<const Input*> brought_by_;  // each step; null: an opening that was put in
  std::vector<std::size_t> first_step_;   // of each input and the end; of what is not brought: next
  std::optional<ForkServer> server_;
  std::map<std::size_t, ForkServer> checkpoints_;  // by the steps that they have behind them
  std::string obstacle_;
  std::uint64_t failed_in_ = 0;
  std::optional<Standing> instance_;  // gone before the servers are
};

}  // namespace crashreel
