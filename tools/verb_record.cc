// crashreel record: runs a program and keeps its last inputs.

#include "harness/signal_names.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/record.h"
#include "tools/quantity.h"
#include "tools/record_options.h"
#include "tools/verbs.h"

namespace crashreel {
namespace {

// While the program runs, which may have our stderr on its own mind: one line.
void tell_saved(const SavedReel& saved, Console& console) {
  const std::string why = "saved on " + std::string(name_of(saved.reason));
  if (!saved.text.empty()) console.complain("record: the program " + saved.text);
  if (!saved.trouble.empty()) return console.complain("record: not " + why + ": " + saved.trouble);
  if (!saved.skipped.empty()) return console.complain("record: not " + why + ": " + saved.skipped);
  console.say(why + ": " + counted(saved.inputs, "input") + " in " + saved.path +
              "; the program runs on");
}

// The program had stdout for itself, so all of this is narration.
void narrate(const RecordReport& report, Console& console) {
  if (!report.trouble.empty()) console.complain("record: " + report.trouble);
  if (!report.started) return;
  std::string how = report.signal != 0 ? "killed by " + signal_name(report.signal)
                                       : "ended with status " + std::to_string(report.status);
  if (!report.fault.empty()) how += " (" + report.fault + ")";
  if (report.recorded) {
    how += "; " + counted(report.inputs_seen, "input") + " seen";
    if (report.inputs_lost != 0) how += ", " + grouped(report.inputs_lost) + " lost";
  }
  console.say(how);
  if (!report.reel_path.empty()) {
    console.say(counted(report.inputs_kept, "input") + " kept in " + report.reel_path +
                "; go on with: crashreel show " + report.reel_path);
  }
  if (!report.skipped.empty()) console.complain("record: no reel is written: " + report.skipped);
  if (!report.ring_path.empty()) console.say("the ring stays at " + report.ring_path);
}

Json answer_of(const RecordReport& report) {
  auto path = [](const std::string& name) { return name.empty() ? Json() : Json(name); };
  Json answer = new_answer("record");
  answer["started"] = report.started;
  answer["status"] = report.status;
  answer["signal"] = report.signal;
  answer["fault"] = path(report.fault);
  answer["recorded"] = report.recorded;
  answer["inputs_seen"] = report.inputs_seen;
  answer["inputs_kept"] = report.inputs_kept;
  answer["inputs_lost"] = report.inputs_lost;
  answer["reel"] = path(report.reel_path);
  answer["skipped"] = path(report.skipped);
  answer["while_running"] = Json::array();
  for (const SavedReel& saved : report.while_running) {
    answer["while_running"].push_back({{"reason", name_of(saved.reason)},
                                       {"reel", path(saved.path)},
                                       {"skipped", path(saved.skipped)},
                                       {"trouble", path(saved.trouble)},
                                       {"inputs_kept", saved.inputs}});
  }
  answer["ring"] = path(report.ring_path);
  answer["trouble"] = path(report.trouble);
  return answer;
}

Result<int> run_record(const Arguments& arguments, Console& console) {
  Result<RecordOptions> read = read_record_options(arguments);
  if (!read) return read.error();
  RecordOptions& options = *read;
  options.saved = [&console](const SavedReel& saved) { tell_saved(saved, console); };
  Result<RecordReport> report = record(options);
  if (!report) return report.error();
  narrate(*report, console);
  if (console.json()) console.answer(answer_of(*report));
  return report->status;
}

}  // namespace

const Verb& record_verb() {
  static const Verb verb{
      .name = "record",
      .summary = "Run a program and keep its last inputs in case it crashes",
      .text =
          "The recorder is loaded into the unmodified program and writes what it receives into a "
          "ring in memory, which outlives the program however it dies. When it crashed, the ring "
          "becomes a reel. A program may ask for one itself, by crashreel_save_now() of "
          "crashreel.h.\n\n"
          "Recorded are connections that the program accepts and opens (TCP, unix), datagrams, "
          "pipes that others write into, the plain bytes inside OpenSSL's TLS, and the lines of "
          "standard input.\n\n"
          "The program keeps its standard output and error. With --json our object comes on "
          "standard output after the program has ended, which owns standard output before: it is "
          "the last line. The exit status is the program's own, 128 plus the number of the signal "
          "when one killed it.",
      .options = record_options(),
      .program = ProgramPart::kRequired,
      .statuses = {{kExitOwnTrouble,
                    "Trouble of crashreel's own: a wrong command line, a program "
                    "that can't be recorded"},
                   {kExitNotExecutable, "The program was found and can't be executed"},
                   {kExitNotFound, "There is no such program"}},
      .examples =
          {{"crashreel record -o crash.reel -- ./calc < commands.txt",
            "A program that reads its standard input"},
           {"crashreel record --ring 32MiB --inputs 100000 -- ./server -f server.conf",
            "A server, with room for its last 100,000 inputs"},
           {"crashreel record -o ./ --keep 20 --on-signal SIGUSR2 --hang 30s -- ./server",
            "A service: the last 20 reels in a folder, one also when it hangs or when "
            "somebody sends SIGUSR2"},
           {"crashreel record --redact 'mask:after:\"AUTH \"' --redact 'hash:line/i:cookie:' "
            "-- ./server",
            "Passwords and cookies are never written down; equal cookies stay equal"}},
      .passes_status_through = true,
      .run = run_record};
  return verb;
}

}  // namespace crashreel
