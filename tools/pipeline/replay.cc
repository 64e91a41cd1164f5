#include "tools/pipeline/replay.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "harness/echoes.h"
#include "harness/likeness.h"
#include "harness/served.h"
#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/tries.h"
#include "tools/pipeline/why_not.h"

namespace crashreel {
namespace {

// Another crash may be like the one that is sought; by names, which searches do without.
void count_other_crash(ReplayReport& report, const Outcome& outcome, const Tries& tries) {
  Signature expected = tries.expected();
  Signature seen = outcome.signature;
  name_frames(expected);
  name_frames(seen);
  const Comparison result = compare(expected, seen);
  const bool is_similar = result.likeness == Likeness::kSimilar;
  std::string& reason = is_similar ? report.similarity : report.difference;
  if (reason.empty()) reason = result.reason;
  ++(is_similar ? report.similar : report.different);
}

void count(ReplayReport& report, const Outcome& outcome, Verdict verdict, const Tries& tries) {
  switch (verdict) {
    case Verdict::kReproduces:
      ++report.reproduced;
      break;
    case Verdict::kPasses:
      ++report.passed;
      break;
    case Verdict::kDifferent:
      count_other_crash(report, outcome, tries);
      break;
    case Verdict::kUnresolved:
      ++(outcome.ending == Ending::kHung ? report.hung : report.unresolved);
      break;
  }
}

void add(ReplayReport& report, const Outcome& outcome, Tries& tries) {
  if (report.tries++ == 0) report.hints.push_back(missed_file_hint(tries.reel(), outcome));
  const Verdict verdict = tries.judge(outcome);
  count(report, outcome, verdict, tries);
  if (verdict == Verdict::kReproduces && !report.crash) report.crash = outcome;
  report.outcomes.push_back(describe(outcome));
  const std::uint64_t seed = outcome.made_random == 0 ? 0 : outcome.random_seed;
  report.seeds.push_back(seed);
  if (seed != 0 && verdict == Verdict::kReproduces) report.reproducing_seeds.push_back(seed);
  if (verdict != Verdict::kUnresolved || !report.obstacle.empty()) return;
  report.obstacle = obstacle_of(outcome, tries.target());
}

// Both are of the whole reel.
struct CloseLook {
  Outcome first;
  std::optional<Outcome> again;  // varied; it counts nowhere
};

Result<std::optional<Outcome>> run_again(const Sequence& whole, Tries& tries, std::uint64_t seed) {
  auto again = tries.run_as(
      whole, {.keeps_answers = true, .keeps_bytes = true, .varied = true, .random_seed = seed});
  if (!again) return again.error();
  return std::optional(std::move(*again));
}

// The first try is looked at more closely than the others. Where it answers otherwise than
// production did another one tells what answers differ anyway.
Result<CloseLook> run_first(const Sequence& whole, Tries& tries, AnswerComparison& answers) {
  const std::vector<RecordedAnswer> recorded = recorded_answers(tries.reel());
  const std::uint64_t seed = tries.take_seed();
  auto first =
      tries.run_as(whole, {.keeps_answers = true, .keeps_bytes = true, .random_seed = seed});
  if (!first) return first.error();
  CloseLook look{.first = std::move(*first), .again = {}};
  if (recorded.empty()) return look;
  answers = compare_answers(recorded, look.first.answers, {});
  if (!answers.first) return look;
  auto again = run_again(whole, tries, seed);
  if (!again) return again.error();
  look.again = std::move(*again);
  answers = compare_answers(recorded, look.first.answers, look.again->answers);
  return look;
}

// To which inputs, of those that both know all answers to.
std::vector<const Input*> answered_otherwise(const Outcome& one, const Outcome& other) {
  std::unordered_map<const Input*, const AnswerDigest*> known;
  for (const ReplayedAnswer& answer : other.answers) known.emplace(answer.to, &answer.digest);
  std::vector<const Input*> inputs;
  for (const ReplayedAnswer& answer : one.answers) {
    const auto found = known.find(answer.to);
    if (found != known.end() && *found->second != answer.digest) inputs.push_back(answer.to);
  }
  return inputs;
}

// Why that try may not have crashed, as far as it tells.
Result<std::vector<std::string>> hints_of(CloseLook& look, const Sequence& whole, Tries& tries) {
  if (!look.again) {
    auto again = run_again(whole, tries, look.first.random_seed);
    if (!again) return again.error();
    look.again = std::move(*again);
  }
  const auto same =
      tries.run_as(whole, {.keeps_answers = true, .random_seed = look.first.random_seed});
  if (!same) return same.error();
  const Reel& reel = tries.reel();
  const auto echo =
      find_echoes(reel, recorded_answers(reel), look.first.answers, look.again->answers);
  return std::vector<std::string>{undelivered_hint(look.first),
                                  unanswered_hint(look.first),
                                  unread_hint(look.first),
                                  unwatched_hint(look.first),
                                  echo_hint(echo),
                                  made_random_hint(look.first),
                                  real_times_hint(look.first),
                                  race_hint(reel, answered_otherwise(look.first, *same)),
                                  no_times_hint(reel)};
}

// Whatever those that are left would bring.
bool is_rate_certain(const ReplayReport& report, const ReplayOptions& options) {
  if (options.enough_percent == 0) return false;
  const auto all = static_cast<std::uint64_t>(options.tries);
  const auto reproduced = static_cast<std::uint64_t>(report.reproduced);
  const std::uint64_t at_most = reproduced + all - static_cast<std::uint64_t>(report.tries);
  const std::uint64_t enough = options.enough_percent * all;
  return reproduced * 100 >= enough || at_most * 100 < enough;
}

// One crash meets the one expectation and breaks the other; no number of tries without does either.
bool is_certain(const ReplayReport& report, const ReplayOptions& options) {
  switch (options.expectation) {
    case Expectation::kNone:
      return is_rate_certain(report, options);
    case Expectation::kCrash:
      return report.reproduced > 0;
    case Expectation::kFixed:
      return report.reproduced + report.similar + report.different > 0;
  }
  return false;
}

}  // namespace

Result<ReplayReport> replay(const Reel& reel, const ReplayOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto target = target_of(reel, options.argv);
  if (!target) return target.error();
  Tries tries(std::move(*target), reel, options.jobs);
  tries.set_first_seed(options.seed);
  const Sequence whole = whole_sequence(reel);
  ReplayReport report;
  std::optional<CloseLook> look;
  if (tries.target().kind == TargetKind::kServer) {
    report.left_out = unserved_text(whole, tries.target().from_outside);
  }
  if (tries.target().kind == TargetKind::kServer) {
    auto looked = run_first(whole, tries, report.answers);
    if (!looked) return looked.error();
    look.emplace(std::move(*looked));
    if (options.progress) options.progress(1, look->first);
    add(report, look->first, tries);
  }
  const auto run = [&](int count) -> Result<void> {
    const std::vector<Sequence> sequences(static_cast<std::size_t>(count), whole);
    int done = report.tries;
    const auto outcomes = tries.run(sequences, Start::kAlone, [&](const Outcome& outcome) {
      if (options.progress) options.progress(++done, outcome);
    });
    if (!outcomes) return outcomes.error();
    for (const Outcome& outcome : *outcomes) add(report, outcome, tries);
    return {};
  };
  while (report.tries < options.tries && !is_certain(report, options)) {
    const int left = options.tries - report.tries;
    const bool all = options.expectation == Expectation::kNone && options.enough_percent == 0;
    if (auto ran = run(all ? left : std::min(left, tries.jobs())); !ran) return ran.error();
  }
  if (report.reproduced > 0) {
    report.signature = tries.expected();
    report.signature_from_replay = tries.defined_by_try();
    name_frames(report.signature);
    auto spoken = tries.report_of(whole, *report.crash);
    if (!spoken) return spoken.error();
    report.program_report = std::move(*spoken);
    report.hints.clear();
  } else {
    const std::vector<std::string> more = why_not(reel, tries.target());
    report.hints.insert(report.hints.begin(), more.begin(), more.end());
    if (look) {
      const auto shown = hints_of(*look, whole, tries);
      if (!shown) return shown.error();
      report.hints.insert(report.hints.end(), shown->begin(), shown->end());
    }
    std::erase(report.hints, "");
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace crashreel
