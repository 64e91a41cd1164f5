#include "tools/pipeline/builds.h"

#include <utility>

#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/tries.h"
#include "tools/pipeline/witness.h"

namespace crashreel {
namespace {

void add(BuildVerdict& build, const Outcome& outcome, Tries& tries) {
  const Verdict verdict = tries.judge(outcome);
  ++build.tries;
  build.reproduced += verdict == Verdict::kReproduces;
  build.different += verdict == Verdict::kDifferent;
  build.passed += verdict == Verdict::kPasses;
  build.unresolved += verdict == Verdict::kUnresolved;
  build.outcomes.push_back(describe(outcome));
  if (build.finding.empty()) build.finding = outcome.finding;
  if (build.obstacle.empty()) build.obstacle = obstacle_of(outcome, tries.target());
  if (!build.seq && outcome.ending == Ending::kCrashed && outcome.in_flight != nullptr) {
    build.seq = outcome.in_flight->seq;
  }
}

}  // namespace

std::string verdict_text(const BuildVerdict& build) {
  std::string text = "no answer";
  if (build.passed > 0) text = "no crash";
  if (build.different > 0) text = build.finding.empty() ? "another crash" : "finding";
  if (build.reproduced > 0) text = "same crash";
  const bool sometimes = build.passed > 0 && build.reproduced + build.different > 0;
  return text + (sometimes ? " now and then" : "");
}

Result<BuildsReport> replay_builds(const Reel& reel, const std::vector<std::string>& programs,
                                   const BuildsOptions& options) {
  BuildsReport report;
  Reel judged = reel;
  name_frames(judged.crash.signature);
  for (const std::string& program : programs) {
    BuildVerdict& build = report.builds.emplace_back();
    build.program = program;
    auto target = target_of(judged, arguments_for(judged, program));
    if (!target) {
      build.obstacle = target.error().message;
      continue;
    }
    build.build_id = target->build_id;
    build.has_sanitizer = target->has_sanitizer;
    Tries tries(std::move(*target), judged, options.jobs);
    tries.set_first_seed(options.seed);
    const std::vector<Sequence> sequences(static_cast<std::size_t>(options.tries),
                                          whole_sequence(judged));
    int done = 0;
    const auto outcomes = tries.run(sequences, Start::kAlone, [&](const Outcome&) {
      if (options.progress) options.progress(program, ++done);
    });
    if (!outcomes) return outcomes.error();
    for (const Outcome& outcome : *outcomes) add(build, outcome, tries);
    if (build.reproduced == 0 || !judged.crash.signature.frames.empty()) continue;
    // What the first that crashes says holds for the others; with names, which builds share.
    judged.crash.signature = tries.expected();
    name_frames(judged.crash.signature);
    judged.crash.signature_from_replay = true;
    judged.program.build_id = build.build_id;
  }
  report.signature = judged.crash.signature;
  report.signature_from_replay = judged.crash.signature_from_replay;
  return report;
}

}  // namespace crashreel
