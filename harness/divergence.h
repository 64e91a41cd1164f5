// Where does a replay first behave otherwise than production did?
//
// A reel has digests of what production answered (FORMAT.md, "Digests"), a try that kept answers
// has those of the replay. Both are held against each other input by input. Some answers can differ
// without anything being wrong, by dates, running and random numbers: a second replay, varied in
// what these depend on (ScriptOptions), shows which. Those are counted, neither called the same nor
// a divergence. Knows no process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "capture/reel/reel.h"
#include "harness/outcome.h"

namespace crashreel {

// What production answered to an input of the reel: those of which the reel knows all.
struct RecordedAnswer {
  const Input* to = nullptr;
  AnswerDigest digest;
  // False: there is no digest, as where nothing was answered, but also where it could not be made.
  bool is_digested = true;
};

// By seq. Without a single digest in the reel nothing: then none were wanted.
std::vector<RecordedAnswer> recorded_answers(const Reel& reel);

struct Divergence {
  const Input* at = nullptr;  // the input, opening or closing that was answered otherwise
  AnswerDigest production;
  AnswerDigest replay;
};

// Each recorded answer is one of these; those behind the first divergence are not looked at.
struct AnswerComparison {
  std::uint64_t recorded = 0;  // digests in the reel
  std::uint64_t same = 0;
  std::uint64_t varying = 0;  // differ from replay to replay
  std::uint64_t shifted = 0;  // came before or after the session's next input, in the same number
                              // of bytes: not compared
  std::uint64_t unseen = 0;   // went through the kernel alone: only counted
  std::uint64_t unknown = 0;  // the replay ended before
  std::optional<Divergence> first;
};

// `again`: of another replay; may be empty.
AnswerComparison compare_answers(std::span<const RecordedAnswer> recorded,
                                 std::span<const ReplayedAnswer> replayed,
                                 std::span<const ReplayedAnswer> again);

// The last input before this one in the reel that counts; null: there is none.
const Input* input_before(const Reel& reel, const Input& input);

}  // namespace crashreel
