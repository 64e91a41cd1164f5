#include "tools/pipeline/tries.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "harness/signature.h"

namespace crashreel {
namespace {

Signature expectation_of(const Reel& reel) {
  Signature expected = reel.crash.signature;
  if (expected.kind.empty() && reel.crash.signal != 0) {
    expected.kind = signal_name(reel.crash.signal);
  }
  return expected;
}

// "SIGSEGV" is what the kernel told; a try may know more: "SIGSEGV (stack overflow)".
bool kind_agrees(const std::string& expected, const std::string& seen) {
  return expected.empty() || seen == expected || seen.starts_with(expected + " (");
}

}  // namespace

Tries::Tries(Target target, const Reel& reel, int jobs)
    : target_(std::move(target)),
      reel_(reel),
      jobs_(std::max(jobs, 1)),
      expected_(expectation_of(reel)),
      defined_by_try_(reel.crash.signature_from_replay) {}

Result<std::vector<Outcome>> Tries::run(std::span<const Sequence> sequences,
                                        const std::function<void(const Outcome&)>& each) const {
  std::vector<std::optional<Result<Outcome>>> results(sequences.size());
  std::atomic<std::size_t> next{0};
  std::mutex reporting;
  const auto work = [&] {
    for (std::size_t i = next++; i < sequences.size(); i = next++) {
      results[i].emplace(run_try(target_, reel_, sequences[i]));
      const std::lock_guard guard(reporting);
      if (each && results[i]->has_value()) each(**results[i]);
    }
  };
  std::vector<std::jthread> workers;
  for (std::size_t i = 1; i < std::min<std::size_t>(jobs_, sequences.size()); ++i) {
    workers.emplace_back(work);
  }
  work();
  workers.clear();
  std::vector<Outcome> outcomes;
  for (auto& result : results) {
    if (!result->has_value()) return result->error();
    outcomes.push_back(std::move(**result));
  }
  return outcomes;
}

Verdict Tries::judge(const Outcome& outcome) {
  switch (outcome.ending) {
    case Ending::kSurvived:
    case Ending::kExited:
      return Verdict::kPasses;
    case Ending::kCrashed:
      break;
    case Ending::kHung:
    case Ending::kDeaf:
    case Ending::kNotStarted:
    case Ending::kNotAttached:
      return Verdict::kUnresolved;
  }
  if (expected_.frames.empty() && kind_agrees(expected_.kind, outcome.signature.kind)) {
    expected_ = outcome.signature;
    defined_by_try_ = true;
  }
  return compare(expected_, outcome.signature).same ? Verdict::kReproduces : Verdict::kDifferent;
}

}  // namespace crashreel
