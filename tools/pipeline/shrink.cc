#include "tools/pipeline/shrink.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "minimizer/checker.h"
#include "minimizer/checkpoints.h"
#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/shrinking.h"
#include "tools/pipeline/why_not.h"

namespace crashreel {
namespace {

// Of a crash that is said to come only sometimes: so often the whole is tried to see it once.
constexpr int kMostFirstTries = 200;

}  // namespace

Result<void> Shrinking::run() {
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

Result<void> Shrinking::confirm_whole() {
  report_.flaky = options_.flaky;
  if (auto tried = try_whole(); !tried) return tried;
  // A crash that is known to be rare may not come in so few.
  while (options_.flaky && report_.outcomes.size() == static_cast<std::size_t>(report_.passed) &&
         report_.passed < kMostFirstTries && !(options_.stop && options_.stop())) {
    if (auto tried = try_whole(); !tried) return tried;
  }
  if (options_.alone) tries_.forbid_forking("--alone asked for that");
  // What makes it come and go may lie in the start, which all copies of a start have in common.
  if (report_.flaky) tries_.forbid_forking("the crash does not come in every run");
  if (report_.reproduced) {
    time_a_start();
    tries_.try_forking(whole_sequence(reel_), Verdict::kReproduces, wanted_at_first());
  } else {
    report_.hints = why_not(reel_, tries_.target());
  }
  return {};
}

Result<void> Shrinking::try_whole() {
  const std::vector<Sequence> whole(static_cast<std::size_t>(options_.tries),
                                    whole_sequence(reel_));
  std::uint64_t done = 0;
  const auto outcomes = tries_.run(whole, Start::kAlone, [&](const Outcome&) {
    tell("confirming", parts_.inputs().size(), ++done, whole.size());
  });
  if (!outcomes) return outcomes.error();
  for (const Outcome& outcome : *outcomes) note_first(outcome);
  return {};
}

void Shrinking::note_first(const Outcome& outcome) {
  const Verdict verdict = tries_.judge(outcome);
  report_.reproduced |= verdict == Verdict::kReproduces;
  report_.passed += verdict == Verdict::kPasses;
  report_.different += verdict == Verdict::kDifferent;
  report_.unresolved += verdict == Verdict::kUnresolved;
  report_.flaky |= verdict == Verdict::kPasses;
  report_.outcomes.push_back(describe(outcome));
  if (report_.obstacle.empty()) report_.obstacle = obstacle_of(outcome, tries_.target());
}

// Beside the whole, what is nearly nothing tells what a start costs and what the inputs do:
// before the search, so that one that goes on from a journal goes the same way; and before there
// are checkpoints, which a plain copy drops.
void Shrinking::time_a_start() {
  if (parts_.inputs().empty()) return;
  const Sequence little = parts_.sequence({&parts_.inputs().front(), 1});
  static_cast<void>(tries_.run({&little, 1}, Start::kForked));
}

// Where the search over all inputs will have checkpoints when it asks for the whole: they are
// laid while the first copy is tried.
std::vector<const Input*> Shrinking::wanted_at_first() const {
  const std::vector<std::uint32_t>& inputs = parts_.inputs();
  std::vector<const Input*> wanted;
  for (const std::uint32_t length :
       opening_prefixes(static_cast<std::uint32_t>(inputs.size()), kMostCheckpoints)) {
    if (length < inputs.size()) wanted.push_back(&reel_.inputs[inputs[length]]);
  }
  return wanted;
}

// Fresh instances, no cache, nothing shared with the search but the definition of the crash. What
// the journal knows of a check is what this one was answered before it was killed.
void Shrinking::check() {
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

Result<void> Shrinking::confirm_result() {
  const std::vector<Sequence> result(static_cast<std::size_t>(options_.tries),
                                     whole_sequence(report_.reel));
  const auto outcomes = tries_.run(result);
  if (!outcomes) return outcomes.error();
  report_.confirmations = options_.tries;
  for (const Outcome& outcome : *outcomes) {
    if (tries_.judge(outcome) != Verdict::kReproduces || report_.confirmed++ > 0) continue;
    auto spoken = tries_.report_of(result.front(), outcome);
    if (!spoken) return spoken.error();
    report_.program_report = std::move(*spoken);
  }
  report_.rate = static_cast<double>(report_.confirmed) / report_.confirmations;
  return {};
}

namespace {

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
  if (report.reel.crash.report.empty()) report.reel.crash.report = report.program_report;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace crashreel
