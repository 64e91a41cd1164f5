#include "tools/pipeline/shrink.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "capture/reel/masks.h"
#include "harness/drawn.h"
#include "minimizer/checker.h"
#include "minimizer/checkpoints.h"
#include "minimizer/minimize.h"
#include "minimizer/passes.h"
#include "minimizer/votes.h"
#include "tools/pipeline/candidate_frame.h"
#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/parts.h"
#include "tools/pipeline/replay_oracle.h"
#include "tools/pipeline/tries.h"
#include "tools/pipeline/why_not.h"

namespace crashreel {
namespace {

// The stages in turn; each leaves behind what the next one starts from.
class Shrinking {
 public:
  Shrinking(const Reel& reel, Tries& tries, const ShrinkOptions& options, Journal* journal,
            ShrinkReport& report)
      : reel_(reel),
        tries_(tries),
        options_(options),
        report_(report),
        parts_(reel),
        judge_(tries, journal) {}

  Result<void> run() {
    if (auto confirmed = confirm_whole(); !confirmed || !report_.reproduced) return confirmed;
    if (auto searched = search(); !searched || !report_.reproduced) return searched;
    if (!report_.one_minimal && was_claimed() && tries_.not_forking().empty()) {
      // Instances alone say otherwise than their copies did: then only they are asked.
      tries_.forbid_forking("its copies gave other answers than instances started alone");
      if (auto searched = search(); !searched || !report_.reproduced) return searched;
    }
    report_.two_minimal &= report_.one_minimal;
    report_.replayed_inputs = judge_.replayed_steps();
    report_.others = judge_.others();
    report_.not_forking = tries_.not_forking();
    report_.not_holding = tries_.not_holding();
    if (judge_.trouble()) return *judge_.trouble();
    return confirm_result();
  }

 private:
  // After a check no answer of copies is recalled any more: a second search asks everything anew.
  Result<void> search() {
    if (auto searched = shrink_inputs(); !searched || !report_.reproduced) return searched;
    left_out_.clear();
    shrink_closings();
    shrink_the_rest();
    check();
    return {};
  }

  bool was_claimed() const { return !report_.stopped && !report_.too_rare; }

  void tell(const char* stage, std::uint64_t left, std::uint64_t asked, std::uint64_t expected) {
    if (!options_.progress) return;
    options_.progress(stage,
                      {.items_left = left, .questions = asked, .expected_questions = expected});
  }

  auto teller(const char* stage) {
    return [this, stage](const Progress& progress) {
      if (options_.progress) options_.progress(stage, progress);
    };
  }

  Result<void> confirm_whole() {
    report_.flaky = options_.flaky;
    const std::vector<Sequence> whole(static_cast<std::size_t>(options_.tries),
                                      whole_sequence(reel_));
    std::uint64_t done = 0;
    const auto outcomes = tries_.run(whole, Start::kAlone, [&](const Outcome&) {
      tell("confirming", parts_.inputs().size(), ++done, whole.size());
    });
    if (!outcomes) return outcomes.error();
    for (const Outcome& outcome : *outcomes) {
      const Verdict verdict = tries_.judge(outcome);
      report_.reproduced |= verdict == Verdict::kReproduces;
      report_.different += verdict == Verdict::kDifferent;
      report_.unresolved += verdict == Verdict::kUnresolved;
      report_.flaky |= verdict == Verdict::kPasses;
      report_.outcomes.push_back(describe(outcome));
      if (report_.obstacle.empty()) report_.obstacle = obstacle_of(outcome, tries_.target());
    }
    if (options_.alone) tries_.forbid_forking("--alone asked for that");
    // What makes it come and go may lie in the start, which all copies of a start have in common.
    if (report_.flaky) tries_.forbid_forking("the crash does not come in every run");
    if (report_.reproduced) {
      time_a_start();
      tries_.try_forking(whole.front(), Verdict::kReproduces, wanted_at_first());
    } else {
      report_.hints = why_not(reel_, tries_.target());
    }
    return {};
  }

  // Beside the whole, what is nearly nothing tells what a start costs and what the inputs do:
  // before the search, so that one that goes on from a journal goes the same way; and before there
  // are checkpoints, which a plain copy drops.
  void time_a_start() {
    if (parts_.inputs().empty()) return;
    const Sequence little = parts_.sequence({&parts_.inputs().front(), 1});
    static_cast<void>(tries_.run({&little, 1}, Start::kForked));
  }

  // Where the search over all inputs will have checkpoints when it asks for the whole: they are
  // laid while the first copy is tried.
  std::vector<const Input*> wanted_at_first() const {
    const std::vector<std::uint32_t>& inputs = parts_.inputs();
    std::vector<const Input*> wanted;
    for (const std::uint32_t length :
         opening_prefixes(static_cast<std::uint32_t>(inputs.size()), kMostCheckpoints)) {
      if (length < inputs.size()) wanted.push_back(&reel_.inputs[inputs[length]]);
    }
    return wanted;
  }

  std::uint64_t questions_left() const {
    const std::uint64_t asked = report_.questions + report_.session_questions + report_.guesses;
    return options_.max_questions - std::min(asked, options_.max_questions);
  }

  // Of the stages after the inputs, which know the rate.
  Votes votes() const {
    constexpr double kWrong = 0.003;
    constexpr std::uint32_t kMostVotes = 100;
    if (!report_.flaky) return Votes(1, 1);
    Votes by_rate = Votes::by_rate(kWrong, kMostVotes);
    const auto crashes = static_cast<std::uint64_t>(1000 * report_.estimated_rate);
    by_rate.saw_runs(crashes, 1000 - crashes);
    return by_rate;
  }

  MinimizeOptions minimize_options(const char* stage) {
    MinimizeOptions options;
    options.workers = static_cast<std::uint32_t>(tries_.jobs());
    options.flaky = report_.flaky;
    options.max_questions = questions_left();
    options.stop = options_.stop;
    options.progress = teller(stage);
    return options;
  }

  // Without the sessions that bring nothing; only if the crash needs one of those, with them.
  Result<void> shrink_inputs() {
    MinimizeResult result = search_inputs(parts_.inputs());
    if (!result.reproduced && !parts_.bare().empty()) {
      std::vector<std::uint32_t> all = parts_.inputs();
      all.insert(all.end(), parts_.bare().begin(), parts_.bare().end());
      std::sort(all.begin(), all.end());
      result = search_inputs(all);
    }
    if (judge_.trouble()) return *judge_.trouble();
    report_.reproduced = result.reproduced;
    return {};
  }

  MinimizeResult search_inputs(const std::vector<std::uint32_t>& positions) {
    const std::vector<Item> items = parts_.items(positions);
    const auto to_sequence = [&](std::span<const std::uint32_t> kept) {
      std::vector<std::uint32_t> chosen;
      chosen.reserve(kept.size());
      for (const std::uint32_t item : kept) chosen.push_back(positions[item]);
      return parts_.sequence(chosen);
    };
    ReplayOracle oracle(judge_, to_sequence,
                        [&](std::uint32_t item) { return &reel_.inputs[positions[item]]; });
    MinimizeOptions options = minimize_options("inputs");
    // Every worker has checkpoints of its own, and what it replays for those is more than it saves.
    if (tries_.not_holding().empty()) options.workers = 1;
    MinimizeResult result = minimize(items, oracle, options);
    report_.questions += result.questions;
    report_.guesses += result.guesses;
    report_.bound = result.bound;
    report_.different_seen += result.different.size();
    report_.unresolved_seen += result.unresolved;
    report_.too_rare = result.too_rare;
    report_.estimated_rate = result.rate;
    report_.stopped |= result.stopped;
    report_.history = std::move(result.history);
    report_.slips = std::move(result.different_at);
    kept_.clear();
    for (const std::uint32_t item : result.kept) kept_.push_back(positions[item]);
    return result;
  }

  // The closings of the sessions that are left: mostly none is needed, which one question shows.
  void shrink_closings() {
    std::vector<std::uint32_t> closings;
    for (const Input* input : parts_.sequence(kept_)) {
      if (input->kind != InputKind::kClose) continue;
      closings.push_back(static_cast<std::uint32_t>(input - reel_.inputs.data()));
    }
    if (!closings.empty() && !report_.stopped) {
      const std::unordered_set<std::uint32_t> all(closings.begin(), closings.end());
      ReplayOracle oracle(judge_, [&](std::span<const std::uint32_t> kept) {
        std::unordered_set<std::uint32_t> left_out = all;
        for (const std::uint32_t item : kept) left_out.erase(closings[item]);
        return parts_.sequence(kept_, left_out);
      });
      const MinimizeResult result =
          minimize(parts_.items(closings), oracle, minimize_options("sessions"));
      report_.session_questions += result.questions;
      report_.guesses += result.guesses;
      report_.stopped |= result.stopped;
      left_out_ = all;
      for (const std::uint32_t item : result.kept) left_out_.erase(closings[item]);
    }
  }

  // Two inputs together, bytes, values, waits, and back to the inputs.
  void shrink_the_rest() {
    const CandidateFrame frame(reel_, parts_, kept_, left_out_);
    const Candidate whole = frame.whole();
    ReplayCandidateOracle oracle(judge_, frame);
    PassesOptions options;
    options.each.search_votes = votes().search();
    options.each.verify_votes = votes().proof(whole.size());
    options.each.workers = static_cast<std::uint32_t>(tries_.jobs());
    options.each.max_questions = questions_left();
    options.each.stop = options_.stop;
    options.values = options_.values;
    options.progress = [this](const char* stage, Progress progress) {
      progress.rate = report_.estimated_rate;
      if (options_.progress) options_.progress(stage, progress);
    };
    const PassesResult result = run_passes(whole, parts_.items(kept_), oracle, options);
    for (const PassTally& pass : result.passes) {
      if (pass.pass == "pairs") report_.pair_questions = pass.questions;
      if (pass.pass == "bytes") report_.byte_questions = pass.questions;
      if (pass.pass == "values") report_.value_questions = pass.questions;
      if (pass.pass == "waits") report_.wait_questions = pass.questions;
      if (pass.pass == "singles") report_.single_questions = pass.questions;
      report_.guesses += pass.guesses;
    }
    report_.stopped |= result.stopped;
    report_.two_minimal = result.two_minimal;
    report_.bytes_one_minimal = result.bytes_one_minimal;
    report_.different_seen += result.different.size();
    report_.unresolved_seen += result.unresolved;
    keep(frame.inputs_of(result.candidate));
  }

  void keep(std::vector<Input> inputs) {
    Reel& result = report_.reel;
    result.program = reel_.program;
    result.program.argv = tries_.target().argv;
    result.program.executable = tries_.target().executable;
    result.program.build_id = tries_.target().build_id;
    result.loss = reel_.loss;
    result.files = reel_.files;
    result.keeping = reel_.keeping;
    result.file_digests = reel_.file_digests;
    result.inputs = std::move(inputs);
    result.redaction = reel_.redaction;
    keep_masks(result);
    keep_draws(result);
  }

  // The random bytes that production drew with what is kept in hand, and before all inputs.
  void keep_draws(Reel& result) const {
    std::unordered_set<std::uint64_t> kept = {kBeforeInputs};
    for (const Input& input : result.inputs) kept.insert(input.seq);
    for (const Draw& draw : draws_of(reel_)) {
      if (kept.contains(draw.of)) result.inputs.push_back(reel_.inputs[draw.position]);
    }
    std::ranges::sort(result.inputs, {}, &Input::seq);
  }

  // What says of an input that it was masked stays with it. Where bytes of that were left out or
  // changed, nobody knows any more which of the rest were masked: it says so of all.
  void keep_masks(Reel& result) {
    for (const MaskedInput& masked : masked_inputs(reel_.inputs)) {
      const auto kept =
          std::ranges::find(result.inputs, reel_.inputs[masked.input].seq, &Input::seq);
      if (kept == result.inputs.end()) continue;
      Input says = reel_.inputs[masked.says];
      auto masks = parse_masks(says.data);
      if (masks && kept->data != reel_.inputs[masked.input].data) {
        says.data = to_text(masks_of_all(*masks, kept->data.size()));
      }
      result.inputs.push_back(std::move(says));
    }
    std::ranges::sort(result.inputs, {}, &Input::seq);
    report_.masked_after = masked_inputs(result.inputs).size();
  }

  // Fresh instances, no cache, nothing shared with the search but the definition of the crash. What
  // the journal knows of a check is what this one was answered before it was killed.
  void check() {
    judge_.trust_no_copies();
    if (!was_claimed()) return;  // there is nothing that could be checked
    const Parts parts(report_.reel);
    const std::vector<Item> items = parts.items(parts.inputs());
    Choice all(items.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    ReplayOracle oracle(judge_, [&](std::span<const std::uint32_t> kept) {
      std::vector<std::uint32_t> chosen;
      for (const std::uint32_t item : kept) chosen.push_back(parts.inputs()[item]);
      return parts.sequence(chosen);
    });
    tell("checking", items.size(), 0, items.size() + 1);
    const MinimalityCheck checked =
        check_one_minimal(items, all, oracle, votes().proof(items.size()));
    report_.one_minimal = checked.reproduces && checked.one_minimal;
    report_.check_questions = checked.runs;
  }

  Result<void> confirm_result() {
    const std::vector<Sequence> result(static_cast<std::size_t>(options_.tries),
                                       whole_sequence(report_.reel));
    const auto outcomes = tries_.run(result);
    if (!outcomes) return outcomes.error();
    report_.confirmations = options_.tries;
    for (const Outcome& outcome : *outcomes) {
      report_.confirmed += tries_.judge(outcome) == Verdict::kReproduces;
    }
    report_.rate = static_cast<double>(report_.confirmed) / report_.confirmations;
    return {};
  }

  const Reel& reel_;
  Tries& tries_;
  const ShrinkOptions& options_;
  ShrinkReport& report_;
  Parts parts_;
  SequenceJudge judge_;
  std::vector<std::uint32_t> kept_;  // positions in the reel's inputs
  std::unordered_set<std::uint32_t> left_out_;
};

struct Size {
  std::uint64_t inputs = 0;
  std::uint64_t sessions = 0;
  std::uint64_t bytes = 0;
};

Size size_of(const Reel& reel) {
  Size size;
  std::unordered_set<std::uint32_t> sessions;
  for (const Input& input : reel.inputs) {
    if (input.session != kNoSession) sessions.insert(input.session);
    if (!counts_as_input(input.kind)) continue;
    ++size.inputs;
    size.bytes += input.data.size();
  }
  size.sessions = sessions.size();
  return size;
}

}  // namespace

Result<ShrinkReport> shrink(const Reel& reel, const ShrinkOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto target = target_of(reel, options.argv);
  if (!target) return target.error();
  Tries tries(std::move(*target), reel, options.jobs);
  tries.set_hang_ms(options.hang_ms);
  ShrinkReport report;
  const Size before = size_of(reel);
  report.inputs_before = before.inputs;
  report.sessions_before = before.sessions;
  report.bytes_before = before.bytes;
  std::optional<Journal> journal;
  if (!options.journal.empty()) {
    auto opened = Journal::open(options.journal, identity_of(reel, tries.target(), options));
    if (!opened) return opened.error();
    journal.emplace(std::move(*opened));
  }
  Shrinking shrinking(reel, tries, options, journal ? &*journal : nullptr, report);
  if (auto ran = shrinking.run(); !ran) return ran.error();
  if (journal) {
    report.recalled = journal->recalled();
    report.journal_trouble = journal->trouble();
  }
  const Size after = size_of(report.reel);
  report.inputs_after = after.inputs;
  report.sessions_after = after.sessions;
  report.bytes_after = after.bytes;
  report.signature = tries.expected();
  name_frames(report.signature);
  report.reel.crash = reel.crash;
  report.reel.crash.signature = report.signature;
  report.reel.crash.signature_from_replay = tries.defined_by_try();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace crashreel
