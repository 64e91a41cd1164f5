#include "tools/replay_builds.h"

#include <algorithm>

#include "harness/rate.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/pipeline/builds.h"
#include "tools/reel_json.h"
#include "tools/visible.h"
#include "tools/work_line.h"

namespace crashreel {
namespace {

bool is_answered(const BuildVerdict& build) {
  return build.tries > build.unresolved;
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string crashed_text(const BuildVerdict& build) {
  return std::to_string(build.reproduced + build.different) + " of " + std::to_string(build.tries);
}

// What it was, where it was another thing than what is sought, or nothing at all.
std::string remark_on(const BuildVerdict& build) {
  if (!build.finding.empty()) return visible(build.finding);
  if (build.tries == 0) return without_controls(build.obstacle);
  if (build.reproduced > 0) return "as above";
  return build.outcomes.empty() ? "" : visible(build.outcomes.front());
}

std::string table_of(const BuildsReport& report) {
  std::size_t programs = sizeof "build" - 1;
  std::size_t verdicts = sizeof "verdict" - 1;
  for (const BuildVerdict& build : report.builds) {
    programs = std::max(programs, without_controls(build.program).size());
    verdicts = std::max(verdicts, verdict_text(build).size());
  }
  const auto row = [&](const std::string& program, const std::string& verdict,
                       const std::string& crashed, const std::string& input,
                       const std::string& remark) {
    return "  " + left(program, programs) + "  " + left(verdict, verdicts) + "  " +
           left(crashed, 9) + "  " + left(input, 8) + "  " + remark + "\n";
  };
  std::string table = row("build", "verdict", "crashed", "at seq", "what");
  for (const BuildVerdict& build : report.builds) {
    table += row(without_controls(build.program), verdict_text(build), crashed_text(build),
                 build.seq ? std::to_string(*build.seq) : "-", remark_on(build));
  }
  return table;
}

Json json_of(const BuildVerdict& build) {
  const RateInterval rate = rate_interval(build.reproduced, build.tries);
  Json json;
  json["program"] = build.program;
  json["build_id"] = build.build_id.empty() ? Json() : Json(build.build_id);
  json["sanitizer"] = build.has_sanitizer;
  json["verdict"] = verdict_text(build);
  json["tries"] = build.tries;
  json["reproduced"] = build.reproduced;
  json["different"] = build.different;
  json["passed"] = build.passed;
  json["unresolved"] = build.unresolved;
  json["rate_interval"] = build.tries > 0 ? Json{rate.low, rate.high} : Json();
  json["finding"] = build.finding.empty() ? Json() : Json(build.finding);
  json["seq"] = build.seq ? Json(*build.seq) : Json();
  json["outcomes"] = build.outcomes;
  json["obstacle"] = build.obstacle.empty() ? Json() : Json(build.obstacle);
  return json;
}

}  // namespace

Result<int> replay_on_builds(const Reel& reel, const Arguments& arguments, Console& console) {
  for (const char* other : {"bisect", "expect"}) {
    if (!arguments.has(other)) continue;
    return Error{Trouble::kUsage, std::string("'--build' makes a table of verdicts, '--") + other +
                                      "' an exit status; give one of them"};
  }
  if (arguments.program()) {
    return Error{Trouble::kUsage,
                 "with '--build' the arguments are the reel's; leave out '--' and what follows, "
                 "or name that program by another '--build'"};
  }
  WorkLine progress(console);
  std::uint64_t all = 0;
  BuildsOptions options;
  options.tries = static_cast<int>(arguments.count("tries"));
  options.jobs = static_cast<int>(arguments.count("jobs"));
  options.seed = arguments.count("seed");
  options.progress = [&](const std::string& program, int done) {
    const auto tries = static_cast<std::uint64_t>(options.tries);
    progress.show("builds", {++all, tries * arguments.all("build").size()},
                  program + ": try " + std::to_string(done) + " of " + std::to_string(tries));
  };
  const Result<BuildsReport> report = replay_builds(reel, arguments.all("build"), options);
  progress.clear();
  if (!report) return report.error();
  for (const BuildVerdict& build : report->builds) {
    if (!build.obstacle.empty()) console.complain("replay: " + build.obstacle);
  }
  const bool known = !report->signature.kind.empty();
  if (console.json()) {
    Json answer = new_answer("replay");
    answer["builds"] = Json::array();
    for (const BuildVerdict& build : report->builds) answer["builds"].push_back(json_of(build));
    answer["signature"] = known ? Json(describe(report->signature)) : Json();
    answer["signature_from_replay"] = report->signature_from_replay;
    console.answer(answer);
  } else {
    std::string text = console.strong(known ? visible(describe(report->signature))
                                            : std::string("no crash is known to compare with"));
    console.print(text + "\n" + table_of(*report));
  }
  return std::ranges::all_of(report->builds, is_answered) ? kExitDone : kExitNotStarted;
}

}  // namespace crashreel
