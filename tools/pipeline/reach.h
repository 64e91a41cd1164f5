// How far back must the tail go for the crash to come, and was the ring long enough?
//
// Replays the last 1, 4, 16, ... inputs and all of them, so often each, against instances started
// alone: a rate for each length. The shortest length that is enough is then searched for between
// two of these (minimizer/reach.h), with copies of one instance where the program allows it, and
// what is found is measured alone again. That none is enough is an answer, not an error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "minimizer/reach.h"

namespace crashreel {

enum class ReachVerdict {
  kSufficient,  // a tail brings the crash
  kTooShort,    // none does, and something is missing before the longest
  kElsewhere,   // none does, and nothing is missing: what is needed did not come by these inputs
  kDifferent,   // the longest brings another crash, and none brings this one
  kUnanswered,  // no try of the longest gave an answer
};

const char* name_of(ReachVerdict verdict);  // "sufficient", "too_short", ...

struct ReachStep {
  const char* stage = "";     // "rates", "search", "check"
  std::uint32_t length = 0;   // "rates", "check": that is replayed
  std::uint32_t passes = 0;   // "search": the threshold is above this
  std::uint32_t crashes = 0;  // and not above this
  // Of the stage, in units that take about equally long: what is behind, and what all will be.
  std::uint64_t done = 0;
  std::uint64_t expected = 0;
};

struct MeasureOptions {
  int tries = 3;  // of each length
  int jobs = 1;
  bool alone = false;  // every instance is started alone, none by a fork server
  std::optional<std::vector<std::string>> argv;
  std::uint64_t max_questions = UINT64_MAX;  // of the search
  std::function<bool()> stop;                // true: end with what is known; may be empty
  std::function<void(const ReachStep&)> progress;
};

// An input's place in the order and in time; the reel may be gone.
struct Moment {
  std::uint64_t seq = 0;
  std::uint64_t time_ns = 0;
};

struct ReachReport {
  ReachVerdict verdict = ReachVerdict::kUnanswered;
  std::uint32_t inputs = 0;             // of the longest tail
  std::uint32_t beside = 0;             // inputs that every tail has beside
  std::vector<ReachPoint> points;       // measured alone; by rising length
  std::optional<std::uint32_t> needed;  // inputs of the shortest tail seen to bring the crash
  std::uint32_t passes = 0;             // the longest below it that was seen not to
  bool exact = false;                   // measured: one input less brings no crash
  bool hindered = false;  // a longer tail did not bring the crash: more inputs can prevent it
  bool flaky = false;     // it does not come in every run of what brings it
  bool too_rare = false;  // for a search
  bool stopped = false;
  std::uint64_t questions = 0;  // of the search
  std::uint64_t runs = 0;       // in all
  std::string not_forking;      // why the search made no copies of an instance; empty: it did

  Moment oldest_kept;
  Moment oldest_needed;      // kSufficient, unless none is
  std::uint64_t end_ns = 0;  // when the program ended, or its last record
  // A ring that keeps the needed inputs; kTooShort: all since the start. None where no ring is so
  // large.
  std::optional<std::uint64_t> ring_bytes;

  Signature signature;  // of the crash, with names; kind is empty when none came
  bool signature_from_replay = false;
  std::vector<std::string> outcomes;  // of the longest tail, one line a try
  std::string obstacle;               // of its first try without an answer
  std::vector<std::string> hints;     // where no tail brings it: why not, maybe (why_not.h)
  std::string left_out;               // what of the reel a replay does not bring
  double seconds = 0;
};

// Trouble::kTarget when the program can't be attached at all.
Result<ReachReport> measure_tails(const Reel& reel, const MeasureOptions& options);

}  // namespace crashreel
