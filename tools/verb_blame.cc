// crashreel blame: which input was it, and since when was it too late?

#include "harness/rate.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/blame_text.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/pipeline/blame.h"
#include "tools/pipeline/load.h"
#include "tools/reel_json.h"
#include "tools/reel_summary.h"
#include "tools/replay_options.h"
#include "tools/start_options.h"
#include "tools/time_budget.h"
#include "tools/verbs.h"
#include "tools/work_line.h"

namespace crashreel {
namespace {

int status_of(const BlameReport& report) {
  if (report.trigger) return kExitDone;
  if (report.different > 0) return kExitDifferent;
  return report.passed > 0 ? kExitNoCrash : kExitNotStarted;
}

Json json_of(const std::optional<Blamed>& blamed, const Reel& reel) {
  if (!blamed) return {};
  const Input& input = reel.inputs[blamed->position];
  Json json;
  json["input"] = blamed->number;
  json["seq"] = input.seq;
  json["session"] = input.session == kNoSession ? Json() : Json(input.session);
  json["kind"] = name_of(input.kind);
  json["bytes"] = input.data.size();
  return json;
}

Json json_of(const Witness& witness, const Reel& reel) {
  Json json;
  json["program"] = witness.program;
  json["tries"] = witness.tries;
  json["agreed"] = witness.agreed;
  json["at"] = json_of(witness.at, reel);
  json["finding"] = witness.finding.empty() ? Json() : Json(witness.finding);
  json["obstacle"] = witness.obstacle.empty() ? Json() : Json(witness.obstacle);
  return json;
}

Json continuations_of(const BlameReport& report, const Reel& reel) {
  Json all = Json::array();
  for (const TriedContinuation& tried : report.continuations) {
    all.push_back({{"kind", tried.kind},
                   {"seq", reel.inputs[tried.said].seq},
                   {"benign", tried.benign},
                   {"dooms_after", json_of(tried.dooms_after, reel)}});
  }
  return all;
}

Json sequence_numbers(const std::vector<std::size_t>& positions, const Reel& reel) {
  Json numbers = Json::array();
  for (const std::size_t position : positions) numbers.push_back(reel.inputs[position].seq);
  return numbers;
}

Json answer_of(const BlameReport& report, const Reel& reel) {
  Json answer = new_answer("blame");
  answer["poison"] = json_of(report.poison, reel);
  answer["trigger"] = json_of(report.trigger, reel);
  answer["same"] = report.trigger && report.poison->position == report.trigger->position;
  answer["basis"] = report.trigger ? Json(name_of(report.basis)) : Json();
  answer["tries"] = report.tries;
  answer["reproduced"] = report.reproduced;
  answer["different"] = report.different;
  answer["passed"] = report.passed;
  answer["unresolved"] = report.unresolved;
  const RateInterval rate = rate_interval(report.reproduced, report.tries);
  answer["rate_interval"] = {rate.low, rate.high};
  answer["trigger_agreed"] = report.trigger_agreed;
  answer["doomed"] = {report.doomed, report.doomed_runs};
  answer["avoided"] = {report.avoided, report.avoided_runs};
  answer["continuations"] = continuations_of(report, reel);
  answer["last_needed"] = json_of(report.last_needed, reel);
  answer["witness"] = report.witness ? json_of(*report.witness, reel) : Json();
  answer["unread"] = sequence_numbers(report.unread, reel);
  answer["unread_unknown"] = report.unread_unknown.empty() ? Json() : Json(report.unread_unknown);
  answer["undelivered"] = sequence_numbers(report.undelivered, reel);
  answer["unconsumed"] = sequence_numbers(report.unconsumed, reel);
  answer["outcomes"] = report.outcomes;
  answer["signature"] = report.trigger ? Json(describe(report.signature)) : Json();
  answer["signature_from_replay"] = report.signature_from_replay;
  answer["obstacle"] = report.obstacle.empty() ? Json() : Json(report.obstacle);
  answer["hints"] = report.hints;
  answer["left_out"] = report.left_out.empty() ? Json() : Json(report.left_out);
  answer["stopped"] = report.stopped;
  answer["questions"] = report.questions;
  answer["runs"] = report.runs;
  answer["seconds"] = report.seconds;
  return answer;
}

Result<int> run_blame(const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  Result<ReadReel> read = load(path);
  if (!read) return read.error();
  report_damage(console, path, read->damage);

  const TimeBudget budget(arguments);
  WorkLine progress(console);
  BlameVerbOptions options;
  options.tries = static_cast<int>(arguments.count("tries"));
  options.jobs = static_cast<int>(arguments.count("jobs"));
  options.alone = arguments.has("alone");
  options.argv = arguments.program();
  options.witness = arguments.text_if("witness").value_or("");
  options.stop = budget.stop();
  options.progress = [&](const BlameStep& step) {
    progress.show(step.stage, {step.done, step.expected}, "blame: " + step.what);
  };
  const Result<BlameReport> report = assign_blame(read->reel, options);
  progress.clear();
  if (!report) return report.error();

  if (!report->left_out.empty()) console.complain("blame: " + report->left_out);
  if (!report->obstacle.empty()) console.complain("blame: " + report->obstacle);
  for (const std::string& hint : report->hints) console.complain("blame: " + hint);
  if (console.json()) {
    console.answer(answer_of(*report, read->reel));
  } else {
    console.print(blame_text(*report, read->reel, console));
  }
  return TimeBudget::status_of(status_of(*report));
}

}  // namespace

const Verb& blame_verb() {
  static const Verb verb{
      .name = "blame",
      .summary = "Which input was it, and since when was it too late?",
      .text =
          "Names the trigger, the input that was in flight when the program died, and the poison: "
          "the first input after which the crash can no longer be avoided by any of the benign "
          "continuations tried. A continuation is one kind of input that the reel has, again and "
          "again, in a session of its own and in the trigger's; one that does harm from a fresh "
          "start is not asked. Mostly the two are one and the same input; where they are apart, "
          "the damage was done long before the program died of it.\n\n"
          "A build of the program with AddressSanitizer stops at the damage and is an early "
          "witness: --witness names it, and it takes the reel's arguments.\n\n"
          "It also tells the last input before the trigger that can't be left out, and which "
          "inputs of the reel were never consumed: those that the program left unread or whose "
          "session it had ended, and those after the trigger. What is claimed was seen of "
          "instances that "
          "were started alone, and how often is told.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options = joined({start_options(),
                         {{.name = "witness",
                           .value = Value::kText,
                           .argument = "PROGRAM",
                           .help = "A build of the program with a sanitizer"},
                          tries_option("How many independent runs of all that is claimed", "3"),
                          jobs_option(),
                          max_time_option("End with what is known after so many seconds"),
                          alone_option()}}),
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "The trigger is known, and what there is to know of the poison"},
                   {kExitNoCrash, "It ran, no crash"},
                   {kExitDifferent, "It crashed, but differently"},
                   {kExitNotStarted,
                    "The program did not start or can't be attached, or no try gave an answer"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"},
                   {kExitSignalBase + 2,
                    "Interrupted (128 plus the signal); what was known by then is told"}},
      .examples = {{"crashreel blame crash.reel", "Against the program that was recorded"},
                   {"crashreel blame crash.reel --tries 10 --jobs 2 -- ./calc",
                    "Ten runs of all that is claimed, with a program of the given path"},
                   {"crashreel blame crash.reel --witness ./calc-asan",
                    "With a build that has AddressSanitizer as an early witness"}},
      .run = run_blame};
  return verb;
}

}  // namespace crashreel
