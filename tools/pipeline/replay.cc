#include "tools/pipeline/replay.h"

#include <chrono>
#include <utility>

#include "harness/served.h"
#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/tries.h"

namespace crashreel {
namespace {

void count(ReplayReport& report, Verdict verdict) {
  switch (verdict) {
    case Verdict::kReproduces:
      ++report.reproduced;
      break;
    case Verdict::kPasses:
      ++report.passed;
      break;
    case Verdict::kDifferent:
      ++report.different;
      break;
    case Verdict::kUnresolved:
      ++report.unresolved;
      break;
  }
}

}  // namespace

Result<ReplayReport> replay(const Reel& reel, const ReplayOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto target = target_of(reel, options.argv);
  if (!target) return target.error();
  Tries tries(std::move(*target), reel, options.jobs);
  const std::vector<Sequence> sequences(static_cast<std::size_t>(options.tries),
                                        whole_sequence(reel));
  int done = 0;
  const auto outcomes = tries.run(sequences, Start::kAlone, [&](const Outcome& outcome) {
    if (options.progress) options.progress(++done, outcome);
  });
  if (!outcomes) return outcomes.error();

  ReplayReport report;
  report.tries = options.tries;
  if (tries.target().kind == TargetKind::kServer) report.left_out = unserved_text(sequences[0]);
  for (const Outcome& outcome : *outcomes) {
    count(report, tries.judge(outcome));
    report.outcomes.push_back(describe(outcome));
    if (report.obstacle.empty()) report.obstacle = obstacle_of(outcome, tries.target());
  }
  if (report.reproduced > 0) {
    report.signature = tries.expected();
    report.signature_from_replay = tries.defined_by_try();
    name_frames(report.signature);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace crashreel
