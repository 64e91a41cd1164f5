#include "tools/pipeline/verify_corpus.h"

#include <algorithm>

#include "tools/pipeline/replay.h"

namespace crashreel {
namespace {

BugState state_of(const ReplayReport& report) {
  if (report.reproduced > 0) return BugState::kStillCrashes;
  if (report.different > 0) return BugState::kChanged;
  return report.passed == report.tries ? BugState::kFixed : BugState::kUnresolved;
}

// What the state rests on: the last try, for a run of tries ends with what decides.
std::string detail_of(const ReplayReport& report, BugState state) {
  if (state == BugState::kUnresolved && !report.obstacle.empty()) return report.obstacle;
  return report.outcomes.empty() ? std::string() : report.outcomes.back();
}

SeedVerdict verdict_of(const Store& store, const std::string& name, const VerifyOptions& options) {
  SeedVerdict verdict{.name = name};
  const Result<Reel> reel = Store::load(store.path_of(name));
  if (!reel) {
    verdict.detail = reel.error().message;
    return verdict;
  }
  ReplayOptions replaying;
  replaying.tries = options.tries;
  replaying.jobs = options.jobs;
  replaying.expectation = Expectation::kFixed;
  replaying.argv = options.argv;
  const Result<ReplayReport> report = replay(*reel, replaying);
  if (!report) {
    verdict.detail = report.error().message;
    return verdict;
  }
  verdict.state = state_of(*report);
  verdict.tries = report->tries;
  verdict.detail = detail_of(*report, verdict.state);
  return verdict;
}

}  // namespace

const char* name_of(BugState state) {
  switch (state) {
    case BugState::kStillCrashes:
      return "STILL CRASHES";
    case BugState::kChanged:
      return "CHANGED";
    case BugState::kUnresolved:
      return "NO ANSWER";
    case BugState::kFixed:
      return "FIXED";
  }
  return "";
}

std::vector<BucketVerdict> verify(const Store& store, const std::vector<Bucket>& buckets,
                                  const std::vector<SeedFacts>& facts,
                                  const VerifyOptions& options) {
  std::vector<BucketVerdict> verdicts;
  for (const Bucket& bucket : buckets) {
    BucketVerdict verdict{.bucket = &bucket};
    for (const std::size_t at : bucket.members) {
      if (facts[at].removed) continue;
      if (options.smallest_only && !verdict.seeds.empty()) break;
      verdict.seeds.push_back(verdict_of(store, facts[at].name, options));
      verdict.state = std::min(verdict.state, verdict.seeds.back().state);
    }
    if (verdict.seeds.empty()) continue;
    if (options.each) options.each(verdict);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

BugState worst_of(const std::vector<BucketVerdict>& verdicts) {
  BugState worst = BugState::kFixed;
  for (const BucketVerdict& verdict : verdicts) worst = std::min(worst, verdict.state);
  return worst;
}

}  // namespace crashreel
