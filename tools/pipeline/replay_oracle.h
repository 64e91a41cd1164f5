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

// So many prefixes a search may have held at a time.
inline constexpr std::uint32_t kMostCheckpoints = 32;

// What a journal's answers about this reel depend on, but for the crash that is sought.
ContentKey identity_of(const Reel& reel, const Target& target, const ShrinkOptions& options);

// Runs sequences and keeps count. Trouble of the machine can't pass through an Oracle, which has
// only verdicts: it becomes kUnresolved and is kept here for whoever asked for the search.
class SequenceJudge {
 public:
  // The journal may be null.
  SequenceJudge(Tries& tries, Journal* journal) : tries_(tries), journal_(journal) {}

  // kResumed: where the sequences' inputs are the reel's own.
  std::vector<Verdict> ask(std::span<const Sequence> sequences, Start start = Start::kForked);
  // Side by side, as many as there are jobs; what the race calls needless is ended under way.
  std::vector<std::optional<Verdict>> race(std::span<const Sequence> sequences, Start start,
                                           Race& race);
  // From now on every question is asked of an instance that was started alone. Of what the journal
  // knows only such answers count.
  void trust_no_copies() { alone_ = true; }
  Tries& tries() { return tries_; }

  // Inputs, and the openings and closings of sessions, that instances have really taken.
  std::uint64_t replayed_steps() const { return replayed_steps_; }
  const std::optional<Error>& trouble() const { return trouble_; }
  // What else crashed, each in the smallest sequence seen; facts of the program are the caller's.
  const std::vector<OtherCrash>& others() const { return others_; }

 private:
  Verdict settle(const Outcome& outcome, const Sequence& sequence);
  void keep_aside(const Signature& signature, const Sequence& sequence);

  Tries& tries_;
  Journal* journal_;
  bool alone_ = false;
  std::vector<OtherCrash> others_;
  std::uint64_t replayed_steps_ = 0;
  std::optional<Error> trouble_;
};

class ReplayOracle : public Oracle {
 public:
  // What the kept items are as a sequence.
  using ToSequence = std::function<Sequence(std::span<const std::uint32_t> kept)>;

  // Which of the reel's own inputs an item is.
  using ToInput = std::function<const Input*(std::uint32_t item)>;

  // Without `to_input` there are no checkpoints.
  ReplayOracle(SequenceJudge& judge, ToSequence to_sequence, ToInput to_input = {})
      : judge_(judge), to_sequence_(std::move(to_sequence)), to_input_(std::move(to_input)) {}

  Verdict ask(std::span<const std::uint32_t> kept) override;
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override;
  std::vector<std::optional<Verdict>> race(std::span<const Choice> choices, Race& race) override;
  Costs costs() const override;
  void hold(std::span<const std::uint32_t> lengths) override;

 private:
  std::vector<Sequence> sequences_of(std::span<const Choice> choices);
  // The lengths are of the next question's items.
  void pass_on_what_to_hold(std::span<const std::uint32_t> kept);
  Start start() const { return to_input_ ? Start::kResumed : Start::kForked; }

  SequenceJudge& judge_;
  ToSequence to_sequence_;
  ToInput to_input_;
  std::vector<std::uint32_t> lengths_;  // to hold while the next question is answered
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
