// Which inputs does a try bring, and in which order?
//
// A Sequence is a choice of a reel's inputs; a script is that choice written for the player: dense
// session numbers, openings put in for sessions that began before the first kept input, times moved
// so that the first input comes right after the start. Knows no process.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/answer_digest.h"
#include "capture/reel/reel.h"
#include "harness/player/script.h"
#include "harness/shared_memory.h"

namespace crashreel {

// Borrowed from a Reel (or from wherever shortened payloads live), by rising seq.
using Sequence = std::vector<const Input*>;

Sequence whole_sequence(const Reel& reel);

struct ScriptOptions {
  bool keeps_answers = false;  // what is answered to each step, see Script::answer_to()
  // Another date, and one connection more before all others: so that what depends on these, such as
  // times and running numbers, is answered otherwise than without.
  bool varied = false;
};

// A script in shared memory; the header lives at its beginning.
class Script {
 public:
  // For TargetKind::kServer the steps are the player's to perform, without those of sessions that
  // it can't serve (served.h); for kStdin there are none.
  static Result<Script> write(const Reel& reel, const Sequence& sequence, TargetKind kind,
                              const ScriptOptions& options = {});

  int fd() const { return memory_.fd(); }
  const ScriptHeader& header() const {
    return *reinterpret_cast<const ScriptHeader*>(memory_.bytes());
  }
  // The input that a step brings; nullptr for openings that were put in.
  const Input* input_of(std::uint32_t step) const { return inputs_[step]; }
  // What the program answered to a step, once that is known whole. Of a script that keeps answers.
  std::optional<AnswerDigest> answer_to(std::uint32_t step) const;
  // How many bytes of its session the program had not read when that was over: told of the
  // session's last step.
  std::uint64_t unread_at(std::uint32_t step) const;
  std::uint32_t step_count() const { return static_cast<std::uint32_t>(inputs_.size()); }

 private:
  Script(SharedMemory memory, std::vector<const Input*> inputs, const StepAnswer* answers)
      : memory_(std::move(memory)), inputs_(std::move(inputs)), answers_(answers) {}

  SharedMemory memory_;
  std::vector<const Input*> inputs_;
  const StepAnswer* answers_;  // by step, in the memory; null: not kept
};

}  // namespace crashreel
