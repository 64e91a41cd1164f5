// The stages of a minimization in turn (shrink.h); each leaves behind what the next one starts
// from.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "minimizer/journal.h"
#include "minimizer/minimize.h"
#include "minimizer/votes.h"
#include "tools/pipeline/parts.h"
#include "tools/pipeline/replay_oracle.h"
#include "tools/pipeline/shrink.h"
#include "tools/pipeline/tries.h"

namespace crashreel {

class Shrinking {
 public:
  // All borrowed; the journal may be null.
  Shrinking(const Reel& reel, Tries& tries, const ShrinkOptions& options, Journal* journal,
            ShrinkReport& report)
      : reel_(reel),
        tries_(tries),
        options_(options),
        report_(report),
        parts_(reel),
        judge_(tries, journal) {}

  Result<void> run();

 private:
  // shrink.cc
  Result<void> confirm_whole();
  Result<void> try_whole();
  void note_first(const Outcome& outcome);
  void time_a_start();
  std::vector<const Input*> wanted_at_first() const;
  bool was_claimed() const { return !report_.stopped && !report_.too_rare; }
  void check();
  Result<void> confirm_result();

  // shrink_search.cc
  Result<void> search();
  Result<void> shrink_inputs();
  MinimizeResult search_inputs(const std::vector<std::uint32_t>& positions);
  void shrink_closings();
  void shrink_the_rest();
  std::uint64_t questions_left() const;
  Votes votes() const;
  MinimizeOptions minimize_options(const char* stage);

  void tell(const char* stage, std::uint64_t left, std::uint64_t asked, std::uint64_t expected);
  std::function<void(const Progress&)> teller(const char* stage);

  const Reel& reel_;
  Tries& tries_;
  const ShrinkOptions& options_;
  ShrinkReport& report_;
  Parts parts_;
  SequenceJudge judge_;
  std::vector<std::uint32_t> kept_;  // positions in the reel's inputs
  std::unordered_set<std::uint32_t> left_out_;
  bool came_again_ = true;  // the crash, in the search
};

}  // namespace crashreel
