// Replay as an Oracle: the minimizer's questions become sequences for fresh instances.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "minimizer/candidate.h"
#include "minimizer/journal.h"
#include "minimizer/oracle.h"
#include "tools/pipeline/candidate_frame.h"
#include "tools/pipeline/shrink.h"
#include "tools/pipeline/tries.h"

namespace crashreel {

// What a journal's answers about this reel depend on, but for the crash that is sought.
ContentKey identity_of(const Reel& reel, const Target& target);

// Runs sequences and keeps count. Trouble of the machine can't pass through an Oracle, which has
// only verdicts: it becomes kUnresolved and is kept here for whoever asked for the search.
class SequenceJudge {
 public:
  // The journal may be null.
  SequenceJudge(Tries& tries, Journal* journal) : tries_(tries), journal_(journal) {}

  std::vector<Verdict> ask(std::span<const Sequence> sequences);
  // From now on every question is asked, and of an instance that was started alone.
  void trust_nothing() {
    journal_ = nullptr;
    start_ = Start::kAlone;
  }

  std::uint64_t replayed_inputs() const { return replayed_inputs_; }
  const std::optional<Error>& trouble() const { return trouble_; }
  // What else crashed, each in the smallest sequence seen; facts of the program are the caller's.
  const std::vector<OtherCrash>& others() const { return others_; }

 private:
  std::vector<Verdict> ask_fresh(std::span<const Sequence> sequences);
  void keep_aside(const Signature& signature, const Sequence& sequence);

  Tries& tries_;
  Journal* journal_;
  Start start_ = Start::kForked;
  std::vector<OtherCrash> others_;
  std::uint64_t replayed_inputs_ = 0;
  std::optional<Error> trouble_;
};

class ReplayOracle : public Oracle {
 public:
  // What the kept items are as a sequence.
  using ToSequence = std::function<Sequence(std::span<const std::uint32_t> kept)>;

  ReplayOracle(SequenceJudge& judge, ToSequence to_sequence)
      : judge_(judge), to_sequence_(std::move(to_sequence)) {}

  Verdict ask(std::span<const std::uint32_t> kept) override;
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override;

 private:
  SequenceJudge& judge_;
  ToSequence to_sequence_;
};

class ReplayCandidateOracle : public CandidateOracle {
 public:
  ReplayCandidateOracle(SequenceJudge& judge, const CandidateFrame& frame)
      : judge_(judge), frame_(frame) {}

  Verdict ask(const Candidate& candidate) override;
  std::vector<Verdict> ask_all(std::span<const Candidate> candidates) override;

 private:
  SequenceJudge& judge_;
  const CandidateFrame& frame_;
};

}  // namespace crashreel
