// Which inputs does a try bring, and in which order?
//
// A Sequence is a choice of a reel's inputs; a script is that choice written for the player: dense
// session numbers, openings put in for sessions that began before the first kept input, times moved
// so that the first input comes right after the start. Knows no process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/answer_digest.h"
#include "capture/reel/reel.h"
#include "harness/drawn.h"
#include "harness/player/script.h"
#include "harness/shared_memory.h"

namespace crashreel {

// Borrowed from a Reel (or from wherever shortened payloads live), by rising seq.
using Sequence = std::vector<const Input*>;

Sequence whole_sequence(const Reel& reel);

struct ScriptOptions {
  bool keeps_answers = false;  // what is answered to each step, see Script::answer_to()
  bool keeps_bytes = false;    // of these answers, the first 16 MiB, too: Script::transcript()
  // Another date, and one connection more before all others: so that what depends on these, such as
  // times and running numbers, is answered otherwise than without.
  bool varied = false;
  // Nobody is there for the program to call.
  bool from_outside = false;
  // No input bypasses the kernel (player/bypass.h): slower, and the same.
  bool through_kernel = false;
  // Once a crash is written down the program's own handler for it runs, and prints its report.
  bool lets_speak = false;
  // Of the random bytes that production did not draw.
  std::uint64_t random_seed = 1;
  // Of the reel, where somebody keeps them for many sequences; null: they are found each time.
  const DrawnByInput* drawn = nullptr;
};

// Random bytes that the program drew, as production did.
struct DrawnBytes {
  std::size_t after = 0;  // so many steps of the layout
  std::string bytes;
};

// A sequence as the player would perform it. Of TargetKind::kServer: the steps, without those of
// sessions that it can't serve (served.h); of
// kFunction a step for each input, in which nothing is put in or left out; of kStdin there are
// none.
struct Layout {
  TargetKind kind = TargetKind::kServer;
  std::vector<Step> steps;           // payloads have no place yet
  std::vector<const Input*> inputs;  // that each brings; nullptr for openings that were put in
  std::uint64_t start_realtime_ns = 0;
  std::uint64_t end_time_ns = 0;
  bool keeps_answers = false;
  bool keeps_bytes = false;
  bool through_kernel = false;
  bool lets_speak = false;
  bool has_tls = false;           // in some session what is brought was inside TLS
  std::vector<DrawnBytes> drawn;  // rising
  std::uint64_t random_seed = 1;
};

Layout lay_out(const Reel& reel, const Sequence& sequence, TargetKind kind,
               const ScriptOptions& options = {});

// How many steps two layouts of one reel's own inputs begin with in common.
std::size_t steps_in_common(const Layout& one, const Layout& other);

// The part of a layout that one instance performs.
struct ScriptPart {
  std::size_t from = 0;                // the first step
  std::span<const std::size_t> marks;  // before which steps checkpoints are left, rising
  std::uint64_t answer_bytes = 0;      // of what was answered before
  std::uint64_t answer_digest = 0;
};

// A script in shared memory; the header lives at its beginning.
class Script {
 public:
  static Result<Script> write(const Layout& layout, const ScriptPart& part = {});

  int fd() const { return memory_.fd(); }
  const ScriptHeader& header() const {
    return *reinterpret_cast<const ScriptHeader*>(memory_.bytes());
  }
  // For who feeds a program that can't do so itself.
  ScriptHeader& header() { return *reinterpret_cast<ScriptHeader*>(memory_.bytes()); }
  // Where it stands still; nowhere as it is written.
  ScriptStop& stop() { return reinterpret_cast<ScriptHeader*>(memory_.bytes())->stop; }
  // As written; the program shares the header's memory, and may have written anything there.
  std::uint32_t step_count() const { return step_count_; }
  // What the program answered to a step, once that is known whole. Where answers are kept.
  std::optional<AnswerDigest> answer_to(std::uint32_t step) const;
  // The bytes of the answers to each step, as far as there was room: those that are not as many as
  // answer_to() tells are not whole. By step; empty where none are kept.
  std::vector<std::string> transcript() const;
  // How many bytes of its session the program had not read when that was over: told of the
  // session's last step.
  std::uint64_t unread_at(std::uint32_t step) const;
  bool is_undelivered(std::uint32_t step) const;

 private:
  Script(SharedMemory memory, std::uint32_t step_count, const StepAnswer* answers,
         std::size_t transcript_at)
      : memory_(std::move(memory)),
        step_count_(step_count),
        answers_(answers),
        transcript_at_(transcript_at) {}

  SharedMemory memory_;
  std::uint32_t step_count_;
  const StepAnswer* answers_;  // by step, in the memory; null: not kept
  std::size_t transcript_at_;  // from here to the memory's end
};

// Pieces (script.h) put together by step. Whatever the bytes say: what is cut off or belongs to no
// step ends it.
std::vector<std::string> put_together(std::string_view pieces, std::uint32_t step_count);

}  // namespace crashreel
