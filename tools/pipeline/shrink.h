// What is the least of a reel that still brings the same crash?
//
// Confirm, minimize over inputs, then over what frames them (closings), then over pairs of inputs,
// the bytes of each, and the waits between them; every question is a fresh instance, made by a fork
// server where the program allows it. The result is confirmed by an independent checker, whose
// instances are all started alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "harness/outcome.h"
#include "harness/try.h"
#include "minimizer/progress.h"

namespace crashreel {

// Of one stage: "confirming", "inputs", "sessions", "pairs", "bytes", "values", "waits", "singles",
// "checking". Its items are inputs, in "bytes" and "values": bytes, in "waits": waits.
using TellShrink = std::function<void(const char* stage, const Progress& progress)>;

struct ShrinkOptions {
  int tries = 3;  // of the whole reel before, and of the result after; if flaky, more before
  int jobs = 1;
  bool values = false;  // then make the bytes that are left as plain as the crash allows
  bool flaky = false;   // votes by need even if all tries of the whole crash
  bool alone = false;   // every instance is started alone, none by a fork server
  std::uint32_t hang_ms = TryOptions{}.hang_ms;  // so long without progress is a hang
  std::optional<std::vector<std::string>> argv;
  std::uint64_t max_questions = UINT64_MAX;  // of the search; the check and confirmations are more
  std::function<bool()> stop;                // true: end with the best so far
  std::string journal;                       // a file; empty: none
  TellShrink progress;
};

// Another crash that was met on the way, in its smallest sequence.
struct OtherCrash {
  Signature signature;
  std::uint64_t seen = 0;
  Reel reel;
};

struct ShrinkReport {
  // False: the whole reel did not bring its crash in any of the tries; `reel` is then empty and the
  // fields below say what happened instead.
  bool reproduced = false;
  std::vector<std::string> outcomes;  // of the first tries, one line each
  int passed = 0;                     // of them brought no crash
  int different = 0;                  // of them crashed differently
  int unresolved = 0;                 // of them gave no answer
  std::string obstacle;
  std::vector<std::string> hints;  // why not, maybe (why_not.h)

  Reel reel;
  std::uint64_t inputs_before = 0;
  std::uint64_t inputs_after = 0;
  std::uint64_t sessions_before = 0;
  std::uint64_t sessions_after = 0;
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  std::uint64_t masked_after = 0;       // of the inputs that remain, some bytes were masked
  std::uint64_t questions = 0;          // over inputs, verification included
  std::uint64_t session_questions = 0;  // over closings and bare sessions
  std::uint64_t byte_questions = 0;
  std::uint64_t check_questions = 0;  // the independent checker's
  std::uint64_t guesses = 0;          // asked ahead for further jobs in all stages, and not needed
  std::uint64_t replayed_inputs = 0;  // in all of these
  std::uint64_t bound = 0;            // that `questions` is to be held against
  std::uint64_t different_seen = 0;   // choices that brought another crash; never accepted
  std::uint64_t unresolved_seen = 0;
  std::vector<OtherCrash> others;
  bool flaky = false;          // the crash did not come in every run of what brings it
  double estimated_rate = 1;   // at which it came during the search; 1 unless flaky
  bool too_rare = false;       // for a proof, or for any search: the result is the best so far
  bool stopped = false;        // by the budget, or asked to: the result is the best so far
  std::uint64_t recalled = 0;  // answers that came from the journal
  std::string journal_trouble;
  std::string not_forking;            // why no fork server made the instances; empty: one did
  std::string not_holding;            // the same of checkpoints
  std::vector<HistoryPoint> history;  // of inputs
  std::vector<std::uint64_t> slips;   // which questions over inputs another crash answered
  std::uint64_t pair_questions = 0;
  std::uint64_t value_questions = 0;
  std::uint64_t wait_questions = 0;
  std::uint64_t single_questions = 0;  // over inputs once more, after all that
  bool one_minimal = false;            // in inputs, by the checker
  bool two_minimal = false;            // nor can any two of them go
  bool bytes_one_minimal = false;
  int confirmed = 0;  // of `confirmations` tries of the result
  int confirmations = 0;
  double rate = 0;  // confirmed / confirmations
  Signature signature;
  std::string program_report;  // what the program's own handler says of the result's crash
  double seconds = 0;
};

// Trouble::kTarget when the program can't be attached at all.
Result<ShrinkReport> shrink(const Reel& reel, const ShrinkOptions& options);

}  // namespace crashreel
