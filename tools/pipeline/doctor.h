// Can this program be recorded, and would a replay of it be the same?
//
// Tried out instead of guessed: the program runs under the recorder for a while, is killed as a
// crash would, what the ring holds is replayed twice, and the answers are held against each other
// and against those that were recorded.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "harness/divergence.h"
#include "harness/outcome.h"
#include "tools/pipeline/record.h"
#include "tools/pipeline/sources.h"

namespace crashreel {

struct ExamineOptions {
  std::vector<std::string> argv;
  std::string driver;  // a command that talks to the program; empty: somebody else does
  std::chrono::milliseconds most_time{10'000};
  std::string reel_path;                        // where the recording stays; empty: nowhere
  std::function<void(const std::string&)> say;  // what is being done
};

enum class Finding {
  kFaithful,     // each answer that could be compared is the recorded one
  kVarying,      // the same but for what differs from one replay to the next, too
  kDiverges,     // a replay answers otherwise, or does not take all inputs
  kUnknown,      // nothing came in, or nothing was answered that could be compared
  kNotReplayed,  // no replay gave an answer
  kNotRecorded,  // the recorder can't be loaded into it
};
const char* name_of(Finding finding);  // "faithful", ...

struct Examination {
  Finding finding = Finding::kUnknown;
  std::string obstacle;  // why it was not recorded, or not replayed; empty: it was
  RecordReport recorded;
  std::optional<int> driver_status;
  bool was_looked_at = false;  // false: it ended by itself before
  Reel reel;
  std::vector<Source> sources;
  std::optional<Outcome> replay;  // the first
  AnswerComparison answers;       // the first's; points into the reel
  bool repeats = false;           // the second ended as the first, with the same answers
  std::string left_out;           // what of the reel a replay does not bring
  std::vector<std::string> hints;
};

// Where the ring of this process's trial lies while that runs.
std::string doctor_ring_path();

// An error: crashreel itself is not in order.
Result<std::unique_ptr<Examination>> examine(const ExamineOptions& options);

}  // namespace crashreel
