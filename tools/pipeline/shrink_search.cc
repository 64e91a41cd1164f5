// Of a minimization: the searches.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "capture/reel/masks.h"
#include "minimizer/passes.h"
#include "tools/pipeline/candidate_frame.h"
#include "tools/pipeline/kept_reel.h"
#include "tools/pipeline/shrinking.h"

namespace crashreel {

// After a check no answer of copies is recalled any more: a second search asks everything anew.
Result<void> Shrinking::search() {
  if (auto searched = shrink_inputs(); !searched || !report_.reproduced) return searched;
  left_out_.clear();
  shrink_closings();
  shrink_the_rest();
  check();
  return {};
}

void Shrinking::tell(const char* stage, std::uint64_t left, std::uint64_t asked,
                     std::uint64_t expected) {
  if (!options_.progress) return;
  options_.progress(stage,
                    {.items_left = left, .questions = asked, .expected_questions = expected});
}

std::function<void(const Progress&)> Shrinking::teller(const char* stage) {
  return [this, stage](const Progress& progress) {
    if (options_.progress) options_.progress(stage, progress);
  };
}

std::uint64_t Shrinking::questions_left() const {
  const std::uint64_t asked = report_.questions + report_.session_questions + report_.guesses;
  return options_.max_questions - std::min(asked, options_.max_questions);
}

// Of the stages after the inputs, which know the rate.
Votes Shrinking::votes() const {
  constexpr double kWrong = 0.003;
  constexpr std::uint32_t kMostVotes = 100;
  if (!report_.flaky) return Votes(1, 1);
  Votes by_rate = Votes::by_rate(kWrong, kMostVotes);
  const auto crashes = static_cast<std::uint64_t>(1000 * report_.estimated_rate);
  by_rate.saw_runs(crashes, 1000 - crashes);
  return by_rate;
}

MinimizeOptions Shrinking::minimize_options(const char* stage) {
  MinimizeOptions options;
  options.workers = static_cast<std::uint32_t>(tries_.jobs());
  options.flaky = report_.flaky;
  options.max_questions = questions_left();
  options.stop = options_.stop;
  options.progress = teller(stage);
  return options;
}

// Without the sessions that bring nothing; only if the crash needs one of those, with them.
Result<void> Shrinking::shrink_inputs() {
  MinimizeResult result = search_inputs(parts_.inputs());
  if (!result.reproduced && !result.stopped && !parts_.bare().empty()) {
    std::vector<std::uint32_t> all = parts_.inputs();
    all.insert(all.end(), parts_.bare().begin(), parts_.bare().end());
    std::sort(all.begin(), all.end());
    result = search_inputs(all);
  }
  if (judge_.trouble()) return *judge_.trouble();
  // It was seen in the first tries; if it never came again, nothing can be left out.
  came_again_ = result.reproduced;
  report_.too_rare |= report_.flaky && !came_again_ && !report_.stopped;
  report_.reproduced = came_again_ || report_.too_rare || report_.stopped;
  return {};
}

MinimizeResult Shrinking::search_inputs(const std::vector<std::uint32_t>& positions) {
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
void Shrinking::shrink_closings() {
  std::vector<std::uint32_t> closings;
  for (const Input* input : parts_.sequence(kept_)) {
    if (input->kind != InputKind::kClose) continue;
    closings.push_back(static_cast<std::uint32_t>(input - reel_.inputs.data()));
  }
  if (!closings.empty() && !report_.stopped && came_again_) {
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
void Shrinking::shrink_the_rest() {
  const CandidateFrame frame(reel_, parts_, kept_, left_out_);
  const Candidate whole = frame.whole();
  if (!came_again_) {
    report_.reel = kept_reel(reel_, tries_.target(), frame.inputs_of(whole));
    return;
  }
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
  report_.reel = kept_reel(reel_, tries_.target(), frame.inputs_of(result.candidate));
  report_.masked_after = masked_inputs(report_.reel.inputs).size();
}

}  // namespace crashreel
