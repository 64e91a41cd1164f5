// crashreel record: runs a program and keeps its last inputs.

#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/record.h"
#include "tools/quantity.h"
#include "tools/verbs.h"

namespace crashreel {
namespace {

SaveOn save_on(const std::string& word) {
  if (word == "always") return SaveOn::kAlways;
  return word == "abnormal" ? SaveOn::kAbnormal : SaveOn::kCrash;
}

RecordOptions options_of(const Arguments& arguments) {
  RecordOptions options;
  options.argv = *arguments.program();
  options.ring_path = arguments.text_if("ring-path").value_or("");
  if (arguments.has("ring")) options.ring_bytes = arguments.size("ring");
  if (arguments.has("inputs")) options.keep_inputs = arguments.count("inputs");
  if (arguments.has("prelude")) options.prelude_bytes = arguments.size("prelude");
  if (arguments.has("heads")) options.heads_bytes = arguments.size("heads");
  if (arguments.has("no-heads")) options.heads_bytes = 0;
  if (arguments.has("head-size")) options.head_bytes = arguments.size("head-size");
  options.reel_path = arguments.text_if("output").value_or("");
  options.keep_ring = arguments.has("keep-ring");
  options.save_on = save_on(arguments.text("save-on"));
  options.digests = !arguments.has("no-digests");
  options.every_clock = arguments.text("clock") == "every";
  options.environment = arguments.all("env");
  options.pump_stdin = !arguments.has("no-stdin");
  return options;
}

Result<void> check_names(const Arguments& arguments) {
  for (const std::string& name : arguments.all("env")) {
    if (!name.empty() && name.find_first_of("=,") == std::string::npos) continue;
    return Error{Trouble::kUsage, "option '--env': '" + name +
                                      "' is no name of a variable; write the name alone, and "
                                      "--env again for each further one"};
  }
  return {};
}

// The program had stdout for itself, so all of this is narration.
void narrate(const RecordReport& report, Console& console) {
  if (!report.trouble.empty()) console.complain("record: " + report.trouble);
  if (!report.started) return;
  std::string how = report.signal != 0 ? "killed by " + signal_name(report.signal)
                                       : "ended with status " + std::to_string(report.status);
  if (report.recorded) {
    how += "; " + counted(report.inputs_seen, "input") + " seen";
    if (report.inputs_lost != 0) how += ", " + grouped(report.inputs_lost) + " lost";
  }
  console.say(how);
  if (!report.reel_path.empty()) {
    console.say(counted(report.inputs_kept, "input") + " kept in " + report.reel_path +
                "; go on with: crashreel show " + report.reel_path);
  }
  if (!report.ring_path.empty()) console.say("the ring stays at " + report.ring_path);
}

Json answer_of(const RecordReport& report) {
  auto path = [](const std::string& name) { return name.empty() ? Json() : Json(name); };
  Json answer = new_answer("record");
  answer["started"] = report.started;
  answer["status"] = report.status;
  answer["signal"] = report.signal;
  answer["recorded"] = report.recorded;
  answer["inputs_seen"] = report.inputs_seen;
  answer["inputs_kept"] = report.inputs_kept;
  answer["inputs_lost"] = report.inputs_lost;
  answer["reel"] = path(report.reel_path);
  answer["ring"] = path(report.ring_path);
  answer["trouble"] = path(report.trouble);
  return answer;
}

Result<int> run(const Arguments& arguments, Console& console) {
  if (const Result<void> names = check_names(arguments); !names) return names.error();
  Result<RecordReport> report = record(options_of(arguments));
  if (!report) return report.error();
  narrate(*report, console);
  if (console.json()) console.answer(answer_of(*report));
  return report->status;
}

std::vector<Option> options() {
  return {
      {.name = "output",
       .letter = 'o',
       .value = Value::kText,
       .argument = "FILE.reel",
       .help = "Where the reel goes (default PROGRAM.PID.reel in the working directory)"},
      {.name = "ring",
       .value = Value::kSize,
       .argument = "SIZE",
       .help = "Room for inputs: what does not fit overwrites the oldest. Written as whole bytes, "
               "or with KiB, MiB, GiB (default 64MiB; less where that is more than half of what is "
               "free)"},
      {.name = "inputs",
       .value = Value::kCount,
       .argument = "N",
       .help = "Keep at most so many of the newest inputs in the reel"},
      {.name = "prelude",
       .value = Value::kSize,
       .argument = "SIZE",
       .help = "Room in the ring for the first inputs after the start, which are never overwritten "
               "(default 1/16 of the ring)"},
      {.name = "heads",
       .value = Value::kSize,
       .argument = "SIZE",
       .help = "Room in the ring for how each open session began (log-in, choice of a database, "
               "subscription), kept until it closes (default 1/16 of the ring)"},
      {.name = "head-size",
       .value = Value::kSize,
       .argument = "SIZE",
       .help = "Of these, for each session: 1KiB to 64KiB (default 2KiB, in a small ring 1KiB)"},
      {.name = "no-heads", .help = "Keep none of that"},
      {.name = "ring-path",
       .value = Value::kText,
       .argument = "PATH",
       .help = "Where the ring lies while the program runs (default /dev/shm/crashreel-PID.ring)"},
      {.name = "keep-ring", .help = "Leave the ring where it is, for 'crashreel salvage'"},
      {.name = "save-on",
       .value = Value::kChoice,
       .argument = "crash|abnormal|always",
       .help = "Write a reel when a signal killed the program; or also when its exit status was "
               "not 0; or always",
       .fallback = "crash"},
      {.name = "clock",
       .value = Value::kChoice,
       .argument = "delivery|every",
       .help = "Keep the times at which inputs came; or also what each look at a clock showed, "
               "which a server takes several times for each input",
       .fallback = "delivery"},
      {.name = "env",
       .value = Value::kText,
       .argument = "NAME",
       .help = "Keep this variable of the environment, too; without it PATH, HOME, LANG, TZ and "
               "LC_... are kept, and of all others nothing, for they may hold secrets",
       .repeated = true},
      {.name = "no-digests",
       .help = "Keep no digests of what the program answers; by them a replay finds where it "
               "first differs"},
      {.name = "no-stdin",
       .help = "Give the program our standard input itself, unrecorded; for programs that want a "
               "terminal there"}};
}

}  // namespace

const Verb& record_verb() {
  static const Verb verb{
      .name = "record",
      .summary = "Run a program and keep its last inputs in case it crashes",
      .text =
          "The recorder is loaded into the unmodified program and writes what it receives into a "
          "ring in memory, which outlives the program however it dies. When it crashed, the ring "
          "becomes a reel.\n\n"
          "The program keeps its standard output and error. With --json our object comes on "
          "standard output after the program has ended, which owns standard output before: it is "
          "the last line. The exit status is the program's own, 128 plus the number of the signal "
          "when one killed it.",
      .options = options(),
      .program = ProgramPart::kRequired,
      .statuses = {{kExitOwnTrouble,
                    "Trouble of crashreel's own: a wrong command line, a program "
                    "that can't be recorded"},
                   {kExitNotExecutable, "The program was found and can't be executed"},
                   {kExitNotFound, "There is no such program"}},
      .examples = {{"crashreel record -o crash.reel -- ./calc < commands.txt",
                    "A program that reads its standard input"},
                   {"crashreel record --ring 32MiB --inputs 100000 -- ./server -f server.conf",
                    "A server, with room for its last 100,000 inputs"}},
      .passes_status_through = true,
      .run = run};
  return verb;
}

}  // namespace crashreel
