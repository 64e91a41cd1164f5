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

// Of those of a bucket that are there the first is the smallest.
std::vector<std::string> names_in(const Bucket& bucket, const std::vector<SeedFacts>& facts,
                                  bool smallest_only) {
  std::vector<std::string> names;
  for (const std::size_t at : bucket.members) {
    if (!facts[at].removed) names.push_back(facts[at].name);
  }
  if (smallest_only && names.size() > 1) names.resize(1);
  return names;
}

SeedVerdict verdict_of(const Store& store, const std::string& name, std::size_t before,
                       const VerifyOptions& options) {
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
  replaying.progress = [&](int done, const Outcome&) {
    if (options.progress) options.progress(name, done, before);
  };
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
  std::size_t before = 0;
  for (const Bucket& bucket : buckets) {
    BucketVerdict verdict{.bucket = &bucket};
    for (const std::string& name : names_in(bucket, facts, options.smallest_only)) {
      verdict.seeds.push_back(verdict_of(store, name, before++, options));
      verdict.state = std::min(verdict.state, verdict.seeds.back().state);
    }
    if (verdict.seeds.empty()) continue;
    if (options.each) options.each(verdict);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

std::size_t reproducers(const std::vector<Bucket>& buckets, const std::vector<SeedFacts>& facts,
                        bool smallest_only) {
  std::size_t count = 0;
  for (const Bucket& bucket : buckets) count += names_in(bucket, facts, smallest_only).size();
  return count;
}

BugState worst_of(const std::vector<BucketVerdict>& verdicts) {
  BugState worst = BugState::kFixed;
  for (const BucketVerdict& verdict : verdicts) worst = std::min(worst, verdict.state);
  return worst;
}

}  // namespace crashreel
