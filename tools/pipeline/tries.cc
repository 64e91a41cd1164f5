#include "tools/pipeline/tries.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "capture/base/owned_fd.h"
#include "capture/reel/telling_functions.h"
#include "harness/likeness.h"
#include "harness/sanitizer.h"
#include "harness/signature.h"
#include "tools/pipeline/frame_names.h"

namespace crashreel {
namespace {

// A fork server that ends or can't go on is started again; if that happens more than so often, and
// after fewer tries than it takes to be worth its start, no more.
constexpr std::uint64_t kServersToLose = 3;
constexpr std::uint64_t kTriesForServer = 8;

bool ended_by_itself(const Outcome& outcome) {
  return outcome.ending == Ending::kSurvived || outcome.ending == Ending::kExited ||
         outcome.ending == Ending::kCrashed;
}

// Of a hang not how somebody ended it then: what is sought is the hang.
Signature expectation_of(const Reel& reel) {
  if (reel.crash.reason == SaveReason::kHang) return {kHangKind, {}};
  Signature expected = reel.crash.signature;
  if (!expected.kind.empty()) return expected;
  if (reel.crash.signal != 0) {
    expected.kind = signal_name(reel.crash.signal);
  } else if (tells_of_leak(reel.crash.report)) {
    expected.kind = kLeakKind;
  }
  return expected;
}

// "SIGSEGV" is what the kernel told; a try may know more: "SIGSEGV (stack overflow)", or why
// somebody sent SIGKILL.
bool kind_agrees(const std::string& expected, const std::string& seen) {
  if (expected == "SIGKILL" && seen == kMemoryLimitKind) return true;
  return expected.empty() || seen == expected || seen.starts_with(expected + " (");
}

// Where a sanitizer found what it found, or the program broke.
std::string own_place(const Signature& named) {
  const std::vector<std::string> names = telling_functions(named, 1).names;
  return names.empty() ? std::string() : names.front();
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Builds of one program lie under several names.
void call_program(const std::string& from, const std::string& to, Signature& signature) {
  for (Frame& frame : signature.frames) {
    if (frame.module == from) frame.module = to;
  }
}

}  // namespace

Tries::Tries(Target target, const Reel& reel, int jobs)
    : target_(std::move(target)),
      reel_(reel),
      drawn_(drawn_by_input(reel)),
      jobs_(std::max(jobs, 1)),
      expected_(expectation_of(reel)),
      defined_by_try_(reel.crash.signature_from_replay),
      other_build_(target_.has_sanitizer || target_.build_id != reel.program.build_id),
      copiers_(static_cast<std::size_t>(jobs_)) {
  // A program on its standard input starts in no time, and reads without our seeing it.
  if (target_.kind == TargetKind::kStdin) not_forking_ = "it reads its standard input";
  if (target_.kind == TargetKind::kFunction) not_forking_ = "it is called as functions";
  if (target_.from_outside) not_forking_ = "it is fed from outside";
}

Result<std::vector<Outcome>> Tries::run(std::span<const Sequence> sequences, Start start,
                                        const std::function<void(const Outcome&)>& each) {
  Contest contest;
  if (each) contest.ended = [&](std::size_t, const Outcome& outcome) { each(outcome); };
  auto raced = race(sequences, start, contest);
  if (!raced) return raced.error();
  std::vector<Outcome> outcomes;
  for (std::optional<Outcome>& outcome : *raced) outcomes.push_back(std::move(outcome.value()));
  return outcomes;
}

Result<std::vector<std::optional<Outcome>>> Tries::race(std::span<const Sequence> sequences,
                                                        Start start, const Contest& contest) {
  std::vector<std::optional<Result<Outcome>>> results(sequences.size());
  std::vector<OwnedFd> give_up(contest.needless ? sequences.size() : 0);
  for (OwnedFd& one : give_up) one.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  std::atomic<std::size_t> next{0};
  std::mutex reporting;
  const auto is_needless = [&](std::size_t i) { return contest.needless && contest.needless(i); };
  const auto report = [&](std::size_t i, Result<Outcome> result) {
    const std::lock_guard guard(reporting);
    results[i].emplace(std::move(result));
    const Result<Outcome>& told = *results[i];
    if (!told.has_value() || told->ending == Ending::kGivenUp) return;
    if (contest.ended) contest.ended(i, *told);
    for (std::size_t j = 0; j < give_up.size(); ++j) {
      if (!results[j] && is_needless(j)) ::eventfd_write(give_up[j].get(), 1);
    }
  };
  const auto begin = [&](std::size_t i) {
    const std::lock_guard guard(reporting);
    return !is_needless(i);
  };
  const auto work = [&](std::size_t job) {
    for (std::size_t i = next++; i < sequences.size(); i = next++) {
      if (!begin(i)) continue;
      report(i, run_one(sequences[i], start, job, give_up.empty() ? -1 : give_up[i].get()));
    }
  };
  std::vector<std::jthread> workers;
  for (std::size_t i = 1; i < std::min<std::size_t>(jobs_, sequences.size()); ++i) {
    workers.emplace_back(work, i);
  }
  work(0);
  workers.clear();
  std::vector<std::optional<Outcome>> outcomes(sequences.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) continue;
    if (!results[i]->has_value()) return results[i]->error();
    outcomes[i] = std::move(**results[i]);
  }
  return outcomes;
}

Result<Outcome> Tries::run_one(const Sequence& sequence, Start start, std::size_t job,
                               int give_up_fd) {
  if (start != Start::kAlone && not_forking().empty()) {
    if (auto outcome = run_forked(sequence, start, job, give_up_fd)) return std::move(*outcome);
  }
  return run_alone(sequence, give_up_fd);
}

Result<Outcome> Tries::run_alone(const Sequence& sequence, int give_up_fd) {
  auto outcome =
      run_try(target_, reel_, sequence,
              {.hang_ms = hang_ms_, .give_up_fd = give_up_fd, .script = script_of(take_seed())});
  if (!outcome || outcome->performed == 0) return outcome;
  const double seconds = outcome->seconds / outcome->performed;
  const std::lock_guard guard(forking_);
  if (step_seconds_ == 0 || seconds < step_seconds_) step_seconds_ = seconds;
  if (ended_by_itself(*outcome)) alone_cost_.saw(outcome->performed, outcome->seconds);
  return outcome;
}

Result<Outcome> Tries::run_as(const Sequence& sequence, const ScriptOptions& options) {
  ScriptOptions script = options;
  script.drawn = &drawn_;
  return run_try(target_, reel_, sequence, {.hang_ms = hang_ms_, .script = script});
}

Result<std::string> Tries::report_of(const Sequence& sequence, const Outcome& crash) {
  if (!crash.is_handled) return std::string();
  auto spoken = run_as(sequence, {.lets_speak = true, .random_seed = crash.random_seed});
  if (!spoken) return spoken.error();
  return judge(*spoken) == Verdict::kReproduces ? std::move(spoken->report) : std::string();
}

bool Tries::start_server(const Layout& layout, std::size_t job) {
  auto started = ForkServer::start(target_, layout, hang_ms_);
  if (started) {
    copiers_[job] = std::make_unique<Copier>(target_, std::move(*started));
    const std::lock_guard guard(forking_);
    copiers_[job]->checkpoints.expect(step_seconds_);
  } else {
    forbid_forking(started.error().message);
  }
  return started.has_value();
}

std::optional<Outcome> Tries::run_forked(const Sequence& sequence, Start start, std::size_t job,
                                         int give_up_fd) {
  const auto layout = std::make_shared<const Layout>(
      lay_out(reel_, sequence, target_.kind, script_of(first_seed_)));
  std::unique_ptr<Copier>& copier = copiers_[job];
  if (!copier && !start_server(*layout, job)) return std::nullopt;
  const TryOptions options = {.hang_ms = hang_ms_, .give_up_fd = give_up_fd};
  const std::span<const Input* const> wanted =
      start == Start::kResumed ? wanted_ : std::span<const Input* const>();
  auto outcome = copier->checkpoints.run(layout, wanted, options);
  const std::lock_guard guard(forking_);
  ++forked_;
  if (outcome && ended_by_itself(*outcome)) {
    copy_cost_.saw(outcome->performed - outcome->resumed, outcome->seconds);
  }
  // An instance that got no further than its copying can't be told from one that went wrong there.
  if (outcome && outcome->ending != Ending::kNotAttached) return std::move(*outcome);
  copier.reset();
  ++servers_lost_;
  if (servers_lost_ >= kServersToLose && servers_lost_ * kTriesForServer > forked_) {
    not_forking_ = outcome ? "its copies do not start" : outcome.error().message;
  }
  return std::nullopt;
}

void Tries::try_forking(const Sequence& sequence, Verdict verdict,
                        std::vector<const Input*> wanted) {
  if (!not_forking().empty()) return;
  hold(std::move(wanted));
  const auto first = run({&sequence, 1}, Start::kResumed);
  if (!first || judge(first->front()) != verdict) {
    return forbid_forking("a copy of its start behaves differently");
  }
  not_holding_ = "they do not pay";
  if (!copiers_[0]) return;
  Checkpoints& checkpoints = copiers_[0]->checkpoints;
  // What instances alone took holds their starts, too; now it is known what a step costs.
  if (checkpoints.pays(first->front().performed)) {
    if (wanted_.empty() && first->front().in_flight) hold({first->front().in_flight});
    // From the last of those that the first has left: only the end is performed once more.
    const auto second = run({&sequence, 1}, Start::kResumed);
    not_holding_ = "one gave another answer";
    if (!second || judge(second->front()) != verdict || !copiers_[0]) return;
    not_holding_ = copiers_[0]->checkpoints.obstacle();
    if (!not_holding_.empty() || copiers_[0]->checkpoints.held() != 0) return;
    not_holding_ = "they do not pay";
  }
  hold({});
  copiers_[0]->checkpoints.drop();
}

std::string Tries::not_holding() const {
  const std::string why = not_forking();
  if (!why.empty() || !not_holding_.empty()) return why.empty() ? not_holding_ : why;
  return copiers_[0] ? copiers_[0]->checkpoints.obstacle() : std::string();
}

Costs Tries::costs() const {
  const std::lock_guard guard(forking_);
  const CostMeasure& measure = not_forking_.empty() ? copy_cost_ : alone_cost_;
  if (!measure.known()) return {};
  return {.start = measure.start_seconds(), .item = measure.step_seconds()};
}

std::string Tries::not_forking() const {
  const std::lock_guard guard(forking_);
  return not_forking_;
}

void Tries::forbid_forking(const std::string& why) {
  const std::lock_guard guard(forking_);
  if (not_forking_.empty()) not_forking_ = why;
}

Verdict Tries::judge(const Outcome& outcome) {
  switch (outcome.ending) {
    case Ending::kSurvived:
    case Ending::kExited:
      return Verdict::kPasses;
    case Ending::kCrashed:
      break;
    case Ending::kHung:
      return expected_.kind == kHangKind ? Verdict::kReproduces : Verdict::kUnresolved;
    case Ending::kDeaf:
    case Ending::kNotStarted:
    case Ending::kNotAttached:
    case Ending::kThreadMissed:
    case Ending::kGivenUp:
      return Verdict::kUnresolved;
  }
  if (expected_.frames.empty() && kind_agrees(expected_.kind, outcome.signature.kind)) {
    expected_ = outcome.signature;
    defined_by_try_ = true;
    other_build_ = false;
  }
  return is_expected(outcome) ? Verdict::kReproduces : Verdict::kDifferent;
}

// Builds have no more in common than names, which cost time: they are looked up for another one
// alone, and where a sanitizer's own frames, which all of its findings have, lie in the program. A
// sanitizer that stops where the crash would have been has found the same.
bool Tries::is_expected(const Outcome& outcome) const {
  if (!target_.has_sanitizer && compare(expected_, outcome.signature).same()) return true;
  if (!other_build_ && !target_.has_sanitizer) return false;
  Signature named = outcome.signature;
  name_frames(named);
  if (!target_.argv.empty() && !reel_.program.argv.empty()) {
    call_program(base_name(target_.argv.front()), base_name(reel_.program.argv.front()), named);
  }
  Signature expected = expected_;
  name_frames(expected);
  if (compare(expected, named).same()) return true;
  if (outcome.finding.empty() || expected.frames.empty()) return false;
  const std::string place = own_place(named);
  return !place.empty() && place == own_place(expected);
}

}  // namespace crashreel
