// crashreel reach: how far back must the tail go, and was the ring long enough?

#include "capture/reel/masks.h"
#include "harness/rate.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/pipeline/load.h"
#include "tools/pipeline/reach.h"
#include "tools/quantity.h"
#include "tools/reach_text.h"
#include "tools/reel_json.h"
#include "tools/reel_summary.h"
#include "tools/replay_options.h"
#include "tools/start_options.h"
#include "tools/time_budget.h"
#include "tools/verbs.h"
#include "tools/work_line.h"

namespace crashreel {
namespace {

int status_of(ReachVerdict verdict) {
  switch (verdict) {
    case ReachVerdict::kSufficient:
      return kExitDone;
    case ReachVerdict::kTooShort:
    case ReachVerdict::kElsewhere:
      return kExitNoCrash;
    case ReachVerdict::kDifferent:
      return kExitDifferent;
    case ReachVerdict::kUnanswered:
      return kExitNotStarted;
  }
  return kExitFault;
}

Json json_of(const ReachPoint& point) {
  const RateInterval rate =
      rate_interval(static_cast<int>(point.reproduced), static_cast<int>(point.tries()));
  Json json;
  json["inputs"] = point.length;
  json["tries"] = point.tries();
  json["reproduced"] = point.reproduced;
  json["passed"] = point.passed;
  json["different"] = point.different;
  json["unresolved"] = point.unresolved;
  json["rate_interval"] = {rate.low, rate.high};
  return json;
}

Json json_of(const Moment& moment) {
  return {{"seq", moment.seq}, {"time_ns", moment.time_ns}};
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json answer_of(const ReachReport& report, const Reel& reel) {
  Json answer = new_answer("reach");
  const bool sufficient = report.verdict == ReachVerdict::kSufficient;
  answer["verdict"] = name_of(report.verdict);
  answer["inputs"] = report.inputs;
  answer["beside"] = report.beside;
  answer["needed"] = or_null(report.needed);
  answer["passes"] = report.passes;
  answer["exact"] = report.exact;
  answer["points"] = Json::array();
  for (const ReachPoint& point : report.points) answer["points"].push_back(json_of(point));
  answer["flaky"] = report.flaky;
  answer["too_rare"] = report.too_rare;
  answer["hindered"] = report.hindered;
  answer["stopped"] = report.stopped;
  answer["oldest_kept"] = json_of(report.oldest_kept);
  answer["oldest_needed"] =
      sufficient && *report.needed > 0 ? json_of(report.oldest_needed) : Json();
  answer["end_ns"] = report.end_ns;
  answer["reaches_start"] = reel.loss.reaches_start;
  answer["ring_bytes"] = or_null(report.ring_bytes);
  answer["tail_bytes"] = reel.keeping.known ? Json(reel.keeping.tail_bytes) : Json();
  answer["questions"] = report.questions;
  answer["runs"] = report.runs;
  answer["fork_server"] = sufficient && report.not_forking.empty();
  answer["no_fork_server_because"] = or_null(report.not_forking);
  answer["outcomes"] = report.outcomes;
  answer["signature"] = sufficient ? Json(describe(report.signature)) : Json();
  answer["signature_from_replay"] = report.signature_from_replay;
  answer["frames"] = json_of(report.signature)["frames"];
  answer["obstacle"] = or_null(report.obstacle);
  answer["hints"] = report.hints;
  answer["left_out"] = or_null(report.left_out);
  answer["masked_inputs"] = masked_inputs(reel.inputs).size();
  answer["seconds"] = report.seconds;
  return answer;
}

std::string progress_text(const ReachStep& step) {
  if (step.crashes != 0) {
    return "search: more than " + grouped(step.passes) + " and at most " +
           counted(step.crashes, "input") + " are needed";
  }
  return std::string(step.stage) + ": the last " + counted(step.length, "input");
}

Result<int> run_reach(const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  Result<ReadReel> read = load(path);
  if (!read) return read.error();
  report_damage(console, path, read->damage);

  const TimeBudget budget(arguments);
  WorkLine progress(console);
  MeasureOptions options;
  options.tries = static_cast<int>(arguments.count("tries"));
  options.jobs = static_cast<int>(arguments.count("jobs"));
  options.alone = arguments.has("alone");
  options.argv = arguments.program();
  options.stop = budget.stop();
  options.progress = [&](const ReachStep& step) {
    progress.show(step.stage, {step.done, step.expected}, progress_text(step));
  };
  const Result<ReachReport> report = measure_tails(read->reel, options);
  progress.clear();
  if (!report) return report.error();

  if (!report->left_out.empty()) console.complain("reach: " + report->left_out);
  if (!report->obstacle.empty()) console.complain("reach: " + report->obstacle);
  for (const std::string& hint : report->hints) console.complain("reach: " + hint);
  if (report->stopped) {
    console.complain("reach: stopped before the end; what is known by then follows");
  }
  if (console.json()) {
    console.answer(answer_of(*report, read->reel));
  } else {
    console.print(reach_text(*report, read->reel, console));
  }
  return TimeBudget::status_of(status_of(report->verdict));
}

}  // namespace

const Verb& reach_verb() {
  static const Verb verb{
      .name = "reach",
      .summary = "How many of the last inputs does the crash need, and was the ring long enough?",
      .text =
          "Replays the last 1, 4, 16, ... inputs of a reel and all of them, some tries each, every "
          "one against a program that was started anew, and tells the rate of the crash for each "
          "length. Between two of these lengths it then searches for the shortest that is enough; "
          "the length that it names was seen to crash, and the one shorter by one input not to.\n\n"
          "If no tail brings the crash the ring was too short, or what is needed did not come by "
          "inputs. Both times the answer says what was lost, and what ring would have kept it.\n\n"
          "What is kept beside the tail (prelude, heads, pins) each of them has, too. A tail that "
          "is enough is not minimal: see 'crashreel minimize'.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options = joined(
          {start_options(),
           {tries_option("How many independent tries of each length", "3"), jobs_option(),
            max_time_option("End with what is known after so many seconds"), alone_option()}}),
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "Sufficient: some tail brings the same crash"},
                   {kExitNoCrash, "No tail brings the crash"},
                   {kExitDifferent, "No tail brings this crash, all inputs bring another one"},
                   {kExitNotStarted,
                    "The program did not start or can't be attached, or no try gave an answer"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"},
                   {kExitSignalBase + 2,
                    "Interrupted (128 plus the signal); what was known by then is told"}},
      .examples = {{"crashreel reach crash.reel", "Against the program that was recorded"},
                   {"crashreel reach crash.reel --tries 10 --jobs 2 -- ./calc",
                    "Ten tries of each length, two at a time, with a program of the given path"}},
      .run = run_reach};
  return verb;
}

}  // namespace crashreel
