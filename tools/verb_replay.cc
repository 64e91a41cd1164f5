// crashreel replay: does the crash come back?

#include "capture/reel/masks.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/outcome_lines.h"
#include "tools/pipeline/load.h"
#include "tools/pipeline/redaction.h"
#include "tools/pipeline/replay.h"
#include "tools/progress.h"
#include "tools/quantity.h"
#include "tools/reel_json.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// Tries without an answer count against the rate: nobody saw them crash.
int status_of(const ReplayReport& report, std::uint64_t asked_percent) {
  auto reproduced = static_cast<std::uint64_t>(report.reproduced);
  auto tries = static_cast<std::uint64_t>(report.tries);
  if (reproduced > 0) {
    return reproduced * 100 >= asked_percent * tries ? kExitDone : kExitFlaky;
  }
  if (report.different > 0) return kExitDifferent;
  return report.passed > 0 ? kExitNoCrash : kExitNotStarted;
}

std::string counts_text(const ReplayReport& report) {
  auto of_tries = [&](int number) {
    return std::to_string(number) + " of " + std::to_string(report.tries);
  };
  std::string text = "reproduced " + of_tries(report.reproduced);
  if (report.passed > 0) text += ", no crash in " + of_tries(report.passed);
  if (report.different > 0) text += ", another crash in " + of_tries(report.different);
  if (report.unresolved > 0) text += ", no answer from " + of_tries(report.unresolved);
  return text;
}

std::string report_text(const ReplayReport& report, const Console& console) {
  std::string text = console.strong(counts_text(report)) + "\n";
  for (const std::string& line : outcome_lines(report.outcomes)) text += "  " + line + "\n";
  for (std::size_t i = 0; i < report.signature.frames.size(); ++i) {
    text += "  #" + std::to_string(i) + " " + frame_text(report.signature.frames[i]) + "\n";
  }
  return text;
}

Json answer_of(const ReplayReport& report) {
  Json answer = new_answer("replay");
  answer["tries"] = report.tries;
  answer["reproduced"] = report.reproduced;
  answer["different"] = report.different;
  answer["passed"] = report.passed;
  answer["unresolved"] = report.unresolved;
  answer["outcomes"] = report.outcomes;
  bool known = !report.signature.kind.empty();
  answer["signature"] = known ? Json(describe(report.signature)) : Json();
  answer["signature_from_replay"] = report.signature_from_replay;
  answer["frames"] = json_of(report.signature)["frames"];
  answer["obstacle"] = report.obstacle.empty() ? Json() : Json(report.obstacle);
  answer["left_out"] = report.left_out.empty() ? Json() : Json(report.left_out);
  answer["seconds"] = report.seconds;
  return answer;
}

Result<int> run(const Arguments& arguments, Console& console) {
  Result<ReadReel> read = load(arguments.operands().front());
  if (!read) return read.error();
  report_damage(console, arguments.operands().front(), read->damage);

  ProgressLine progress(console);
  ReplayOptions options;
  options.tries = static_cast<int>(arguments.count("tries"));
  options.jobs = static_cast<int>(arguments.count("jobs"));
  options.argv = arguments.program();
  options.progress = [&](int done, const Outcome& outcome) {
    progress.update("try " + std::to_string(done) + " of " + std::to_string(options.tries) + ": " +
                    describe(outcome));
  };
  Result<ReplayReport> report = replay(read->reel, options);
  progress.clear();
  if (!report) return report.error();

  if (!report->left_out.empty()) console.complain("replay: " + report->left_out);
  const std::string masked = report->reproduced == 0 ? masked_hint(read->reel) : "";
  if (!report->obstacle.empty()) console.complain("replay: " + report->obstacle);
  if (!masked.empty()) console.complain("replay: " + masked);
  if (console.json()) {
    Json answer = answer_of(*report);
    answer["masked_inputs"] = masked_inputs(read->reel.inputs).size();
    console.answer(answer);
  } else {
    console.print(report_text(*report, console));
  }
  return status_of(*report, arguments.count("rate"));
}

}  // namespace

const Verb& replay_verb() {
  static const Verb verb{
      .name = "replay",
      .summary = "Replay a reel against a fresh instance: does the crash come back?",
      .text =
          "Each try starts the program anew in a directory of its own and gives it the inputs in "
          "their order. The program is the reel's, or the one behind '--', for example a build "
          "with "
          "a sanitizer or with the fix: its arguments are then those behind '--', too.\n\n"
          "Where production did not tell the stack of its crash, the first try that dies of the "
          "same signal defines it.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options = {{.name = "tries",
                   .value = Value::kCount,
                   .argument = "N",
                   .help = "How many independent tries",
                   .fallback = "1",
                   .most = 1'000'000},
                  {.name = "jobs",
                   .value = Value::kCount,
                   .argument = "N",
                   .help = "How many of them at a time",
                   .fallback = "1",
                   .most = 1024},
                  {.name = "rate",
                   .value = Value::kCount,
                   .argument = "PERCENT",
                   .help = "How many of the tries in a hundred must crash in the same way for exit "
                           "status 0",
                   .fallback = "100",
                   .most = 100}},
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "The same crash came back, as often as asked"},
                   {kExitNoCrash, "It ran, no crash"},
                   {kExitDifferent, "It crashed, but differently"},
                   {kExitFlaky, "The same crash came back, but below the asked rate"},
                   {kExitNotStarted,
                    "The program did not start or can't be attached, or no try "
                    "gave an answer"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"}},
      .examples = {{"crashreel replay crash.reel", "Against the program that was recorded"},
                   {"crashreel replay crash.reel --tries 10 --jobs 2 --rate 50 -- ./calc",
                    "Ten tries with a program of the given path; half of them are enough"}},
      .run = run};
  return verb;
}

}  // namespace crashreel
