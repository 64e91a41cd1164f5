// Does the crash come back?
//
// Replays a reel against fresh instances, each try independent of the others, and counts. That it
// does not come back is an answer, not an error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "harness/divergence.h"
#include "harness/outcome.h"

namespace crashreel {

// What the tries are to show; none: how often the crash comes.
enum class Expectation { kNone, kCrash, kFixed };

struct ReplayOptions {
  int tries = 1;
  // With an expectation, at most so many: no more are made once it is met or broken for certain.
  Expectation expectation = Expectation::kNone;
  // Without one: no more tries are made once it is certain whether so many in a hundred of all
  // bring the crash back. 0: all are made.
  std::uint64_t enough_percent = 0;
  int jobs = 1;
  // Of the random bytes that the reel does not have: the first try's, those of the others follow.
  std::uint64_t seed = 1;
  std::optional<std::vector<std::string>> argv;  // another program than the reel's
  std::function<void(int done, const Outcome&)> progress;
};

struct ReplayReport {
  int tries = 0;  // that were made: the sum of the six that follow
  int reproduced = 0;
  int similar = 0;         // crashed in another way that agrees in a part (harness/likeness.h)
  int different = 0;       // crashed in another way altogether
  int passed = 0;          // no crash
  int hung = 0;            // where a hang is not what is sought
  int unresolved = 0;      // did not start, could not be attached
  std::string similarity;  // of the first similar crash: what agrees and what does not
  std::string difference;  // of the first different one
  std::vector<std::string> outcomes;  // one line a try
  // Of each try, where random bytes came of it; else 0. And those of the tries that reproduced.
  std::vector<std::uint64_t> seeds;
  std::vector<std::uint64_t> reproducing_seeds;
  Signature signature;  // of the crash that was sought, with names; kind is empty when none came
  std::optional<Outcome> crash;  // the first try's that reproduced
  std::string program_report;    // what the program's own handler says of it; empty: it has none
  bool signature_from_replay = false;  // production told less than this
  std::string obstacle;  // of the first unresolved try: what to know about it, with its last words
  // Of the first try, held against production's answers. Points into the reel.
  AnswerComparison answers;
  std::vector<std::string> hints;  // where no try brought it back: why not, maybe (why_not.h)
  std::string left_out;            // what of the reel a replay does not bring; empty: nothing
  double seconds = 0;
};

// Trouble::kTarget when the program can't be attached at all.
Result<ReplayReport> replay(const Reel& reel, const ReplayOptions& options);

}  // namespace crashreel
