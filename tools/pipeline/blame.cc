#include "tools/pipeline/blame.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <map>
#include <utility>

#include "harness/served.h"
#include "minimizer/blame.h"
#include "minimizer/reach.h"
#include "minimizer/votes.h"
#include "tools/pipeline/any_crash.h"
#include "tools/pipeline/continuations.h"
#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/parts.h"
#include "tools/pipeline/replay_oracle.h"
#include "tools/pipeline/tries.h"
#include "tools/pipeline/untaken.h"
#include "tools/pipeline/why_not.h"
#include "tools/pipeline/witness.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostContinuations = 8;

class Blaming {
 public:
  Blaming(const Reel& reel, Tries& tries, const BlameVerbOptions& options, BlameReport& report)
      : reel_(reel), tries_(tries), options_(options), report_(report), judge_(tries, nullptr) {
    for (std::size_t i = 0; i < reel.inputs.size(); ++i) {
      if (counts_as_input(reel.inputs[i].kind)) inputs_.push_back(i);
    }
  }

  Result<void> run() {
    if (auto confirmed = confirm(); !confirmed || !report_.trigger) return confirmed;
    if (options_.alone) tries_.forbid_forking("--alone asked for that");
    if (report_.passed > 0) tries_.forbid_forking("the crash does not come in every run");
    tries_.try_forking(whole_sequence(reel_), Verdict::kReproduces);
    if (!options_.witness.empty() && !stopped()) {
      auto witness = ask_witness(reel_, options_.witness, options_.tries, options_.jobs);
      if (!witness) return witness.error();
      report_.witness = std::move(*witness);
      report_.runs += static_cast<std::uint64_t>(report_.witness->tries);
    }
    if (!stopped()) leave_out();
    if (!stopped()) try_continuations();
    conclude();
    if (judge_.trouble()) return *judge_.trouble();
    return {};
  }

 private:
  bool stopped() {
    report_.stopped |= options_.stop && options_.stop();
    return report_.stopped || judge_.trouble().has_value();
  }

  void tell(const BlameStep& step) const {
    if (options_.progress) options_.progress(step);
  }

  Blamed blamed_at(std::size_t position) const {
    const auto after = std::ranges::upper_bound(inputs_, position);
    return {.position = position, .number = static_cast<std::uint64_t>(after - inputs_.begin())};
  }

  // The whole, alone: does it crash, and in which input's flight?
  Result<void> confirm() {
    const Sequence whole = whole_sequence(reel_);
    if (tries_.target().kind == TargetKind::kServer) report_.left_out = unserved_text(whole);
    tell({.stage = "replay", .what = "replaying the whole reel"});
    const auto outcomes =
        tries_.run(std::vector<Sequence>(static_cast<std::size_t>(options_.tries), whole));
    if (!outcomes) return outcomes.error();
    std::map<const Input*, int> in_flight;
    for (const Outcome& outcome : *outcomes) {
      const Verdict verdict = tries_.judge(outcome);
      ++report_.tries;
      report_.reproduced += verdict == Verdict::kReproduces;
      report_.different += verdict == Verdict::kDifferent;
      report_.passed += verdict == Verdict::kPasses;
      report_.unresolved += verdict == Verdict::kUnresolved;
      report_.outcomes.push_back(describe(outcome));
      if (report_.obstacle.empty()) report_.obstacle = obstacle_of(outcome, tries_.target());
      if (verdict != Verdict::kReproduces || outcome.in_flight == nullptr) continue;
      ++in_flight[outcome.in_flight];
      if (in_flight.size() == 1) seed_ = outcome.random_seed;
    }
    report_.runs += static_cast<std::uint64_t>(report_.tries);
    if (in_flight.empty()) {
      report_.hints = why_not(reel_, tries_.target());
      return {};
    }
    const auto most =
        std::ranges::max_element(in_flight, {}, [](const auto& entry) { return entry.second; });
    report_.trigger_agreed = most->second;
    report_.trigger = blamed_at(static_cast<std::size_t>(most->first - reel_.inputs.data()));
    for (const std::size_t position : inputs_) {
      if (position > report_.trigger->position) report_.unconsumed.push_back(position);
    }
    return list_untaken(whole, most->first);
  }

  Result<void> list_untaken(const Sequence& whole, const Input* trigger) {
    if (tries_.target().kind != TargetKind::kServer) return {};  // one stream, read in its order
    const auto untaken = find_untaken(tries_, whole, trigger, {seed_, options_.tries});
    if (!untaken) return untaken.error();
    report_.runs += static_cast<std::uint64_t>(untaken->runs);
    report_.unread = untaken->unread;
    report_.unread_unknown = untaken->unread_unknown;
    report_.undelivered = untaken->undelivered;
    return {};
  }

  std::uint32_t before_trigger() const {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(inputs_, report_.trigger->position) -
                                      inputs_.begin());
  }

  std::uint32_t votes() const {
    return report_.passed > 0 ? static_cast<std::uint32_t>(std::max(options_.tries, 3)) : 1;
  }

  // The trigger always stays: without it there may be no crash yet, which says nothing.
  void leave_out() {
    const std::uint32_t items = before_trigger();
    if (items == 0) return;
    tell({.stage = "leave out", .what = "leaving out what came before the trigger"});
    const Parts parts(reel_);
    ReplayOracle oracle(judge_, [&](std::span<const std::uint32_t> kept) {
      std::vector<std::uint32_t> chosen;
      chosen.reserve(kept.size() + 1);
      for (const std::uint32_t item : kept) {
        chosen.push_back(static_cast<std::uint32_t>(inputs_[item]));
      }
      chosen.push_back(static_cast<std::uint32_t>(report_.trigger->position));
      return parts.sequence(chosen);
    });
    const Blame blame = find_blame(items, oracle, {.votes = votes()});
    report_.questions += blame.questions;
    if (blame.last_avoidable) report_.last_needed = blamed_at(inputs_[*blame.last_avoidable]);
  }

  // Where the first `length` inputs end: with all that belongs to the last of them.
  std::size_t end_of(std::uint32_t length) const {
    return length == 0 ? 0 : inputs_[length - 1] + 1;
  }

  void try_continuations() {
    const Continuations continuations(reel_, report_.trigger->position, kMostContinuations);
    const std::uint32_t most = before_trigger();
    for (std::size_t i = 0; i < continuations.size() && !stopped(); ++i) {
      BlameStep step = {.stage = "continuations",
                        .what = "continuation " + std::to_string(i + 1) + " of " +
                                std::to_string(continuations.size()),
                        .done = i * questions_each(most),
                        .expected = continuations.size() * questions_each(most)};
      tell(step);
      TriedContinuation& tried = report_.continuations.emplace_back();
      tried.kind = continuations.kind(i);
      tried.said = continuations.said(i);
      ReplayOracle oracle(judge_, [&](std::span<const std::uint32_t> kept) {
        return continuations.after(end_of(static_cast<std::uint32_t>(kept.size())), i);
      });
      AnyCrash any(oracle);
      search_for(tried, most, any, step);
    }
    if (!stopped()) confirm_poison(continuations);
  }

  // With nothing, with all, and by halves.
  static std::uint64_t questions_each(std::uint32_t most) {
    return 2 + static_cast<std::uint64_t>(std::bit_width(most));
  }

  void search_for(TriedContinuation& tried, std::uint32_t most, Oracle& oracle, BlameStep& step) {
    Choice all(most);
    for (std::uint32_t i = 0; i < most; ++i) all[i] = i;
    report_.questions += 2;
    tried.benign = oracle.ask({}) == Verdict::kPasses;
    if (!tried.benign || most == 0 || oracle.ask(all) != Verdict::kReproduces) return;
    Votes votes(this->votes(), this->votes());
    ReachOptions options;
    options.crashes = most;
    options.votes = &votes;
    options.workers = static_cast<std::uint32_t>(tries_.jobs());
    options.stop = options_.stop;
    ++step.done;
    options.narrowed = [&](std::uint32_t, std::uint32_t) {
      ++step.done;
      tell(step);
    };
    const Reach reach = find_reach(most, oracle, options);
    report_.questions += reach.questions;
    if (reach.length && *reach.length > 0) {
      tried.dooms_after = blamed_at(inputs_[*reach.length - 1]);
    }
  }

  // The latest of what the benign ones say; null: one of them avoids the crash to the end.
  std::optional<Blamed> latest() const {
    std::optional<Blamed> latest;
    for (const TriedContinuation& tried : report_.continuations) {
      if (!tried.benign) continue;
      if (!tried.dooms_after) return std::nullopt;
      if (!latest || tried.dooms_after->position > latest->position) latest = tried.dooms_after;
    }
    return latest;
  }

  // Instances alone, each continuation as often as the whole reel was tried.
  void confirm_poison(const Continuations& continuations) {
    const std::optional<Blamed> poison = latest();
    if (!poison) return;
    for (std::size_t i = 0; i < continuations.size(); ++i) {
      tell({.stage = "check",
            .what = "checking what the continuations say",
            .done = i,
            .expected = continuations.size()});
      const TriedContinuation& tried = report_.continuations[i];
      if (!tried.benign) continue;
      const auto [doomed, doomed_runs] = crashes_of(continuations.after(poison->position + 1, i));
      report_.doomed += doomed;
      report_.doomed_runs += doomed_runs;
      if (tried.dooms_after->position != poison->position) continue;
      const auto before = static_cast<std::uint32_t>(poison->number - 1);
      const auto [crashed, runs] = crashes_of(continuations.after(end_of(before), i));
      report_.avoided += runs - crashed;
      report_.avoided_runs += runs;
    }
    const bool holds = report_.passed > 0 ? report_.doomed > 0
                                          : report_.doomed == report_.doomed_runs &&
                                                report_.avoided == report_.avoided_runs;
    if (holds) poison_by_continuations_ = poison;
  }

  std::pair<int, int> crashes_of(const Sequence& sequence) {
    const auto outcomes =
        tries_.run(std::vector<Sequence>(static_cast<std::size_t>(options_.tries), sequence));
    if (!outcomes) return {0, 0};
    report_.runs += outcomes->size();
    const auto crashes = std::ranges::count_if(
        *outcomes, [](const Outcome& outcome) { return outcome.ending == Ending::kCrashed; });
    return {static_cast<int>(crashes), static_cast<int>(outcomes->size())};
  }

  void conclude() {
    report_.poison = report_.trigger;
    std::optional<Blamed> seen;
    if (report_.witness && report_.witness->at &&
        report_.witness->at->position < report_.trigger->position) {
      seen = report_.witness->at;
    }
    const std::optional<Blamed>& doomed = poison_by_continuations_;
    if (!seen && !doomed) return;
    const bool agree = seen && doomed && seen->position == doomed->position;
    const bool by_witness = seen && (!doomed || seen->position < doomed->position);
    report_.poison = by_witness ? seen : doomed;
    report_.basis = agree        ? PoisonBasis::kBoth
                    : by_witness ? PoisonBasis::kWitness
                                 : PoisonBasis::kContinuations;
  }

  const Reel& reel_;
  Tries& tries_;
  const BlameVerbOptions& options_;
  BlameReport& report_;
  std::uint64_t seed_ = 1;  // of the first try that crashed
  SequenceJudge judge_;
  std::vector<std::size_t> inputs_;  // positions of the inputs in the narrow sense
  std::optional<Blamed> poison_by_continuations_;
};

}  // namespace

const char* name_of(PoisonBasis basis) {
  switch (basis) {
    case PoisonBasis::kTrigger:
      return "trigger";
    case PoisonBasis::kContinuations:
      return "continuations";
    case PoisonBasis::kWitness:
      return "witness";
    case PoisonBasis::kBoth:
      return "both";
  }
  return "";
}

Result<BlameReport> assign_blame(const Reel& reel, const BlameVerbOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto target = target_of(reel, options.argv);
  if (!target) return target.error();
  Tries tries(std::move(*target), reel, options.jobs);
  BlameReport report;
  Blaming blaming(reel, tries, options, report);
  if (auto ran = blaming.run(); !ran) return ran.error();
  if (report.reproduced > 0) {
    report.signature = tries.expected();
    report.signature_from_replay = tries.defined_by_try();
    name_frames(report.signature);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace crashreel
