// crashreel doctor: can this program be recorded, and would a replay of it be the same?

#include <unistd.h>

#include <algorithm>

#include "harness/signature.h"
#include "tools/answers_text.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/duration.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/doctor.h"
#include "tools/pipeline/front.h"
#include "tools/quantity.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

int status_of(const Examination& seen) {
  switch (seen.finding) {
    case Finding::kFaithful:
    case Finding::kVarying:
      return kExitDone;
    case Finding::kUnknown:
      return seen.replay ? kExitDone : kExitNoCrash;
    case Finding::kDiverges:
      return kExitNoCrash;
    case Finding::kNotReplayed:
    case Finding::kNotRecorded:
      return kExitNotStarted;
  }
  return kExitFault;
}

std::string compared_text(const Examination& seen) {
  return grouped(seen.answers.same) + " of " + counted(seen.answers.recorded, "recorded answer");
}

std::string verdict_text(const Examination& seen) {
  switch (seen.finding) {
    case Finding::kFaithful:
      return "a replay is the same: " + compared_text(seen) + " came back, twice";
    case Finding::kVarying:
      return "a replay is the same but for what differs from one run to the next: " +
             compared_text(seen) + " came back, " + grouped(seen.answers.varying) + " vary anyway" +
             (seen.repeats ? "" : "; two replays differed from each other");
    case Finding::kDiverges:
      return "a replay differs from what was recorded";
    case Finding::kUnknown:
      if (!seen.replay) {
        return "nothing can be said of a replay, for nothing came in: talk to the program "
               "meanwhile, or let --with do it";
      }
      return "a replay takes all inputs and ends alike, twice; no answer was recorded that could "
             "be compared";
    case Finding::kNotReplayed:
      return "it can be recorded and can't be replayed: " + seen.obstacle;
    case Finding::kNotRecorded:
      return "it can't be recorded: " + seen.obstacle;
  }
  return "";
}

const char* yes_or_no(bool yes) {
  return yes ? "yes" : "NO";
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string table_of(const std::vector<Source>& sources, const Console& console) {
  constexpr std::size_t kRecorded = 10;
  std::vector<std::string> names, seen;
  std::size_t name_width = 6, seen_width = 4;
  for (const Source& source : sources) {
    names.push_back(visible(source.name));
    seen.push_back(counted(source.seen, source.unit));
    name_width = std::max(name_width, names.back().size());
    seen_width = std::max(seen_width, seen.back().size());
  }
  std::string text =
      console.faint(padded("source", name_width + 2) + padded("seen", seen_width + 2) +
                    padded("recorded", kRecorded) + "replayed") +
      "\n";
  for (std::size_t i = 0; i < sources.size(); ++i) {
    text += padded(names[i], name_width + 2) + padded(seen[i], seen_width + 2) +
            padded(yes_or_no(sources[i].recorded), kRecorded) + yes_or_no(sources[i].replayed) +
            "\n";
    if (!sources[i].remark.empty()) text += "  " + visible(sources[i].remark) + "\n";
  }
  return text;
}

std::string text_of(const Examination& seen, const Console& console) {
  const std::string verdict = visible(verdict_text(seen)) + "\n";
  const bool good = status_of(seen) == kExitDone;
  std::string text = good ? console.strong(verdict) : console.alarming(verdict);
  const std::string answers = answers_text(seen.answers, seen.reel);
  if (!good && !answers.empty()) text += "  " + answers + "\n";
  if (!seen.left_out.empty()) text += "  " + visible(seen.left_out) + "\n";
  for (const std::string& hint : seen.hints) text += "  " + visible(hint) + "\n";
  if (!seen.sources.empty()) text += "\n" + table_of(seen.sources, console);
  return text;
}

Json json_of(const Source& source) {
  return {{"name", source.name},
          {"seen", source.seen},
          {"unit", source.unit},
          {"recorded", source.recorded},
          {"replayed", source.replayed},
          {"remark", source.remark.empty() ? Json() : Json(source.remark)}};
}

Json answer_of(const Examination& seen) {
  Json answer = new_answer("doctor");
  answer["finding"] = name_of(seen.finding);
  answer["text"] = verdict_text(seen);
  answer["obstacle"] = seen.obstacle.empty() ? Json() : Json(seen.obstacle);
  answer["inputs_seen"] = seen.recorded.inputs_seen;
  answer["inputs_lost"] = seen.recorded.inputs_lost;
  answer["signal"] = seen.recorded.signal;
  answer["status"] = seen.recorded.status;
  answer["looked_at"] = seen.was_looked_at;
  answer["command_status"] = seen.driver_status ? Json(*seen.driver_status) : Json();
  answer["sources"] = Json::array();
  for (const Source& source : seen.sources) answer["sources"].push_back(json_of(source));
  answer["replay"] = seen.replay ? Json(describe(*seen.replay)) : Json();
  answer["repeats"] = seen.replay ? Json(seen.repeats) : Json();
  answer["answers"] = answers_json(seen.answers);
  answer["divergence"] = divergence_json(seen.answers, seen.reel);
  answer["left_out"] = seen.left_out.empty() ? Json() : Json(seen.left_out);
  answer["hints"] = seen.hints;
  return answer;
}

// How the recording went, in one line.
void narrate(const Examination& seen, Console& console) {
  if (!seen.recorded.started) return;
  std::string line = counted(seen.recorded.inputs_seen, "input") + " recorded";
  if (seen.recorded.inputs_lost != 0) line += ", " + grouped(seen.recorded.inputs_lost) + " lost";
  if (!seen.was_looked_at) {
    line += "; the program ended by itself (" +
            (seen.recorded.signal != 0 ? signal_name(seen.recorded.signal)
                                       : "status " + std::to_string(seen.recorded.status)) +
            "), so nobody could look at what it holds while it runs";
  }
  console.say(line);
  if (seen.driver_status && *seen.driver_status != 0) {
    console.complain("doctor: the command ended with status " +
                     std::to_string(*seen.driver_status));
  }
}

Result<int> run_doctor(const Arguments& arguments, Console& console) {
  ExamineOptions options;
  options.argv = *arguments.program();
  options.driver = arguments.text_if("with").value_or("");
  options.reel_path = arguments.text_if("output").value_or("");
  const Result<std::uint64_t> time = parse_milliseconds(arguments.text("for"));
  if (!time) return Error{Trouble::kUsage, "option '--for': " + time.error().message};
  options.most_time = std::chrono::milliseconds(*time);
  options.say = [&console](const std::string& text) { console.say(text); };
  go_on_behind_a_front([] { ::unlink(doctor_ring_path().c_str()); });
  auto seen = examine(options);
  if (!seen) return seen.error();
  narrate(**seen, console);
  if (console.json()) {
    console.answer(answer_of(**seen));
  } else {
    console.print(text_of(**seen, console));
  }
  return status_of(**seen);
}

}  // namespace

const Verb& doctor_verb() {
  static const Verb verb{
      .name = "doctor",
      .summary = "Try out whether a program can be recorded and replayed, and what is missed",
      .text =
          "Runs the program under the recorder for a while, kills it as a crash would, takes its "
          "inputs out of the ring and replays them twice against fresh instances. The answers of "
          "the replay are held against those that were recorded. Then every source of differences "
          "between two runs that was seen is listed, with whether it was recorded and whether a "
          "replay brings it back: sessions, clocks, random bytes, signals, files, and what goes "
          "past the recorder (io_uring, shared memory, devices, raw system calls).\n\n"
          "Talk to the program while it runs, as its users do, or let a command do it (--with), "
          "which is started when the program has settled and whose end is the end of the "
          "recording. "
          "What was not used meanwhile was not examined. Standard output is the result's: what the "
          "program and the command print comes on standard error.",
      .options = {{.name = "for",
                   .value = Value::kText,
                   .argument = "TIME",
                   .help = "Record so long at most",
                   .fallback = "10s"},
                  {.name = "with",
                   .value = Value::kText,
                   .argument = "COMMAND",
                   .help = "A command line for the shell that talks to the program"},
                  {.name = "output",
                   .letter = 'o',
                   .value = Value::kText,
                   .argument = "FILE.reel",
                   .help = "Keep the recording"}},
      .program = ProgramPart::kRequired,
      .statuses =
          {{kExitDone,
            "A replay is the same, but for what varies anyway, as far as it can be compared"},
           {kExitNoCrash, "A replay differs, or nothing came in that could be replayed"},
           {kExitNotStarted, "The program can't be recorded, or can't be replayed"}},
      .examples = {{"crashreel doctor --for 2s -- ./calc < harmless.txt || echo \"status $?\"",
                    "A program that reads its standard input"}},
      .run = run_doctor};
  return verb;
}

}  // namespace crashreel
