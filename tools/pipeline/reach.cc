#include "tools/pipeline/reach.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "harness/served.h"
#include "minimizer/votes.h"
#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/reach_work.h"
#include "tools/pipeline/replay_oracle.h"
#include "tools/pipeline/ring_room.h"
#include "tools/pipeline/tails.h"
#include "tools/pipeline/tries.h"
#include "tools/pipeline/why_not.h"

namespace crashreel {
namespace {

// That a length is one too long has at most this chance, and no length is asked more often.
constexpr double kWrong = 0.003;
constexpr std::uint32_t kMostVotes = 100;

// Rates first, then the search between two of the lengths, then the rates of what it found.
class Measuring {
 public:
  Measuring(const Reel& reel, Tries& tries, const MeasureOptions& options, ReachReport& report)
      : tries_(tries),
        options_(options),
        report_(report),
        tails_(reel),
        alone_judge_(tries, nullptr),
        judge_(tries, nullptr),
        alone_(alone_judge_, to_sequence()),
        oracle_(judge_, to_sequence()) {
    alone_judge_.trust_no_copies();
  }

  Result<void> run() {
    report_.inputs = tails_.longest();
    report_.beside = tails_.beside();
    if (auto measured = measure_longest(); !measured) return measured;
    if (report_.verdict == ReachVerdict::kUnanswered) return {};
    const auto tries = static_cast<std::uint32_t>(options_.tries);
    std::uint64_t done = cost_of_tail(tails_.longest());
    for (const std::uint32_t length : reach_lengths(tails_.longest())) {
      if (length == tails_.longest() || stopped()) continue;
      measure(length, tries, {.stage = "rates", .length = length, .done = done});
      done += cost_of_tail(length);
    }
    if (find_bounds()) {
      report_.verdict = ReachVerdict::kSufficient;
      search();
    }
    if (alone_judge_.trouble()) return *alone_judge_.trouble();
    if (judge_.trouble()) return *judge_.trouble();
    return {};
  }

  const Tails& tails() const { return tails_; }

 private:
  // Only ends of the list are ever asked for.
  ReplayOracle::ToSequence to_sequence() {
    return [this](std::span<const std::uint32_t> kept) {
      return tails_.sequence(static_cast<std::uint32_t>(kept.size()));
    };
  }

  bool stopped() {
    report_.stopped |= options_.stop && options_.stop();
    return report_.stopped;
  }

  void tell(ReachStep step) const {
    if (std::string_view(step.stage) == "rates") step.expected = cost_of_rates(tails_.longest());
    if (options_.progress) options_.progress(step);
  }

  // The outcomes say more than verdicts, which is what there is to tell if no tail is enough.
  Result<void> measure_longest() {
    tell({.stage = "rates", .length = tails_.longest()});
    const auto tries = static_cast<std::size_t>(options_.tries);
    const std::vector<Sequence> whole(tries, tails_.sequence(tails_.longest()));
    if (tries_.target().kind == TargetKind::kServer) {
      report_.left_out = unserved_text(whole.front());
    }
    const auto outcomes = tries_.run(whole);
    if (!outcomes) return outcomes.error();
    ReachPoint point{.length = tails_.longest()};
    for (const Outcome& outcome : *outcomes) {
      count(tries_.judge(outcome), point);
      report_.outcomes.push_back(describe(outcome));
      if (report_.obstacle.empty()) report_.obstacle = obstacle_of(outcome, tries_.target());
    }
    add(point);
    if (point.different > 0) {
      report_.verdict = ReachVerdict::kDifferent;
    } else if (point.reproduced + point.passed > 0) {
      report_.verdict =
          tries_.reel().loss.reaches_start ? ReachVerdict::kElsewhere : ReachVerdict::kTooShort;
    }
    return {};
  }

  void measure(std::uint32_t length, std::uint32_t tries, const ReachStep& step) {
    tell(step);
    add(measure_reach(length, tails_.longest(), alone_, tries));
  }

  void add(const ReachPoint& point) {
    report_.runs += point.tries();
    const auto at = std::ranges::lower_bound(report_.points, point.length, {}, &ReachPoint::length);
    if (at == report_.points.end() || at->length != point.length) {
      report_.points.insert(at, point);
      return;
    }
    at->reproduced += point.reproduced;
    at->passed += point.passed;
    at->different += point.different;
    at->unresolved += point.unresolved;
  }

  const ReachPoint& point_at(std::uint32_t length) const {
    return *std::ranges::lower_bound(report_.points, length, {}, &ReachPoint::length);
  }

  // False: no length brings the crash.
  bool find_bounds() {
    report_.passes = 0;
    for (const ReachPoint& point : report_.points) {
      if (point.reproduced > 0) {
        report_.needed = point.length;
        return true;
      }
      report_.passes = point.length;
    }
    return false;
  }

  Votes votes() const {
    if (!report_.flaky) return {1, static_cast<std::uint32_t>(options_.tries)};
    Votes by_rate = Votes::by_rate(kWrong, kMostVotes);
    for (const ReachPoint& point : report_.points) {
      if (point.length >= *report_.needed) by_rate.saw_runs(point.reproduced, point.passed);
    }
    return by_rate;
  }

  void search() {
    for (const ReachPoint& point : report_.points) {
      report_.flaky |= point.reproduced > 0 && point.passed > 0;
    }
    Votes votes = this->votes();
    report_.too_rare = votes.too_rare_to_search();
    if (!report_.too_rare && !stopped()) search_by(votes);
    for (const ReachPoint& point : report_.points) {
      report_.hindered |= point.length > *report_.needed && point.reproduced == 0;
    }
  }

  void search_by(Votes& votes) {
    choose_starts();
    search_between(oracle_, votes);
    if (!confirm(votes) && !stopped()) {
      tries_.forbid_forking("what copies showed did not hold of instances started alone");
      find_bounds();
      search_between(alone_, votes);
      confirm(votes);
    }
    report_.not_forking = tries_.not_forking();
  }

  void choose_starts() {
    if (options_.alone) tries_.forbid_forking("--alone asked for that");
    // What makes it come and go may lie in the start, which all copies of a start have in common.
    if (report_.flaky) tries_.forbid_forking("the crash does not come in every run");
    tries_.try_forking(tails_.sequence(*report_.needed), Verdict::kReproduces);
  }

  void search_between(Oracle& oracle, Votes& votes) {
    ReachOptions options;
    options.passes = report_.passes;
    options.crashes = report_.needed;
    options.votes = &votes;
    options.workers = static_cast<std::uint32_t>(tries_.jobs());
    options.max_questions =
        options_.max_questions - std::min(options_.max_questions, report_.questions);
    options.stop = options_.stop;
    std::uint64_t asked = 0;
    options.narrowed = [&](std::uint32_t passes, std::uint32_t crashes) {
      tell({.stage = "search",
            .passes = passes,
            .crashes = crashes,
            .done = asked,
            .expected = asked + rounds_between(passes, crashes, tries_.jobs())});
      ++asked;
    };
    const Reach reach = find_reach(tails_.longest(), oracle, options);
    report_.needed = reach.length;
    report_.passes = reach.passes;
    report_.exact = reach.exact;
    report_.stopped |= reach.stopped;
    report_.questions += reach.questions;
    report_.runs += reach.runs;
  }

  // True: instances started alone bear out what the search says.
  bool confirm(const Votes& votes) {
    if (!report_.exact) return true;
    const std::uint32_t length = *report_.needed;
    const auto tries = std::max(static_cast<std::uint32_t>(options_.tries), votes.proof(1));
    measure(length, tries, {.stage = "check", .length = length});
    if (length > 0) measure(length - 1, tries, {.stage = "check", .length = length - 1});
    report_.exact =
        point_at(length).reproduced > 0 && (length == 0 || point_at(length - 1).reproduced == 0);
    return report_.exact;
  }

  Tries& tries_;
  const MeasureOptions& options_;
  ReachReport& report_;
  Tails tails_;
  SequenceJudge alone_judge_;
  SequenceJudge judge_;
  ReplayOracle alone_;
  ReplayOracle oracle_;
};

Moment moment_of(const Input& input) {
  return {.seq = input.seq, .time_ns = input.time_ns};
}

void tell_moments(const Reel& reel, const Tails& tails, ReachReport& report) {
  report.end_ns = reel.crash.time_ns;
  if (!reel.inputs.empty()) report.end_ns = std::max(report.end_ns, reel.inputs.back().time_ns);
  if (tails.longest() > 0) report.oldest_kept = moment_of(tails.oldest(tails.longest()));
  if (report.verdict == ReachVerdict::kSufficient && *report.needed > 0) {
    report.oldest_needed = moment_of(tails.oldest(*report.needed));
  }
}

std::optional<std::uint64_t> ring_for(const Reel& reel, const Tails& tails,
                                      const ReachReport& report) {
  if (report.verdict != ReachVerdict::kSufficient) {
    return ring_that_keeps(record_bytes_since_start(reel));
  }
  return ring_that_keeps(tails.ring_bytes(*report.needed));
}

}  // namespace

const char* name_of(ReachVerdict verdict) {
  switch (verdict) {
    case ReachVerdict::kSufficient:
      return "sufficient";
    case ReachVerdict::kTooShort:
      return "too_short";
    case ReachVerdict::kElsewhere:
      return "elsewhere";
    case ReachVerdict::kDifferent:
      return "different";
    case ReachVerdict::kUnanswered:
      return "unanswered";
  }
  return "";
}

Result<ReachReport> measure_tails(const Reel& reel, const MeasureOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto target = target_of(reel, options.argv);
  if (!target) return target.error();
  Tries tries(std::move(*target), reel, options.jobs);
  ReachReport report;
  Measuring measuring(reel, tries, options, report);
  if (auto measured = measuring.run(); !measured) return measured.error();
  tell_moments(reel, measuring.tails(), report);
  report.ring_bytes = ring_for(reel, measuring.tails(), report);
  if (report.verdict == ReachVerdict::kSufficient) {
    report.signature = tries.expected();
    report.signature_from_replay = tries.defined_by_try();
    name_frames(report.signature);
  } else {
    report.hints = why_not(reel, tries.target());
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace crashreel
