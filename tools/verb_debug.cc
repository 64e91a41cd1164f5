// crashreel debug: gdb on a fresh instance, just before an input.

#include <sys/personality.h>

#include <sstream>
#include <string>

#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/debug/gdb.h"
#include "tools/debug/under.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/debuggee.h"
#include "tools/pipeline/load.h"
#include "tools/pipeline/obstacle.h"
#include "tools/reel_summary.h"
#include "tools/start_options.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// Addresses that are noted down, in watchpoints and in people's heads, are then the next instance's
// as well. Where the system forbids it they differ from start to start.
void choose_same_addresses() {
  const int now = ::personality(0xffffffff);
  if (now != -1) ::personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE);
}

Error no_such_input(std::uint64_t inputs) {
  return {Trouble::kUsage, "'--at' is an input's number, from 1 to " + std::to_string(inputs) +
                               "; 'crashreel show FILE --inputs' lists them"};
}

Result<std::uint64_t> place_of(const Arguments& arguments, const Debuggee& debuggee) {
  const std::uint64_t last = debuggee.inputs();
  if (last == 0) return Error{Trouble::kUsage, "the reel has no inputs to go to"};
  const std::uint64_t at = arguments.has("at") ? arguments.count("at") : last;
  if (at > last) return no_such_input(last);
  return at;
}

Result<void> check(const Arguments& arguments) {
  const bool other = arguments.has("rr") || arguments.has("valgrind");
  if (arguments.has("rr") && arguments.has("valgrind")) {
    return Error{Trouble::kUsage, "'--rr' and '--valgrind' are two runs; choose one"};
  }
  for (const char* option : {"at", "ex", "batch", "mi"}) {
    if (!other || !arguments.has(option)) continue;
    return Error{Trouble::kUsage, std::string("'--") + option +
                                      "' is for gdb; leave it out, or '--rr' and '--valgrind'"};
  }
  if (arguments.json() && arguments.has("mi")) {
    return Error{Trouble::kUsage, "'--mi' talks to a program on stdout; leave out '--json'"};
  }
  if (arguments.json() && !arguments.has("batch") && !other) {
    return Error{Trouble::kUsage, "'--json' is for runs that end by themselves; add '--batch'"};
  }
  return {};
}

int status_of(const Outcome& outcome) {
  switch (outcome.ending) {
    case Ending::kNotStarted:
    case Ending::kNotAttached:
    case Ending::kDeaf:
      return kExitNotStarted;
    default:
      return kExitDone;
  }
}

// Of text with bytes of strangers in it.
std::string harmless(const std::string& text) {
  std::istringstream lines(text);
  std::string all;
  for (std::string line; std::getline(lines, line);) all += without_controls(line) + "\n";
  return all;
}

int tell(DebugTool tool, const SeenUnder& seen, const Target& target, Console& console) {
  const std::string obstacle = obstacle_of(seen.outcome, target);
  if (!obstacle.empty()) console.complain("debug: " + obstacle);
  if (console.json()) {
    Json answer = new_answer("debug");
    answer["tool"] = name_of(tool);
    answer["outcome"] = describe(seen.outcome);
    answer["report"] = seen.report.empty() ? Json() : Json(seen.report);
    answer["trace"] = seen.trace.empty() ? Json() : Json(seen.trace);
    answer["seconds"] = seen.outcome.seconds;
    console.answer(answer);
    return status_of(seen.outcome);
  }
  console.print(
      console.strong(std::string("under ") + name_of(tool) + ": " + describe(seen.outcome)) + "\n" +
      harmless(seen.report));
  if (!seen.trace.empty()) {
    console.print("recorded; 'rr replay " + seen.trace + "' goes back and forth in it\n");
  }
  return status_of(seen.outcome);
}

Result<int> run_other(const Arguments& arguments, const Target& target, const Reel& reel,
                      Console& console) {
  const DebugTool tool = arguments.has("rr") ? DebugTool::kRr : DebugTool::kValgrind;
  const auto seen = run_under(tool, target, reel);
  if (!seen) return seen.error();
  return tell(tool, *seen, target, console);
}

Result<DebuggedPlace> go_to_first(const Arguments& arguments, Debuggee& debuggee,
                                  Console& console) {
  const auto at = place_of(arguments, debuggee);
  if (!at) return at.error();
  auto first = debuggee.go_to(*at, false);
  if (const auto fatal = debuggee.failed_in(); !first && !arguments.has("at") && fatal != 0) {
    console.say("debug: " + first.error().message + ", so this is before that input");
    first = debuggee.go_to(fatal, false);
  }
  if (first) return first;
  return Error{first.error().trouble, "input " + std::to_string(*at) +
                                          " is not reached: " + first.error().message +
                                          "; choose an earlier one with --at"};
}

Json answer_of(const DebuggedPlace& first, const Debuggee& debuggee, int gdb_status) {
  const bool at_end = first.input > debuggee.inputs();
  Json answer = new_answer("debug");
  answer["tool"] = "gdb";
  answer["input"] = first.input;
  answer["inputs"] = debuggee.inputs();
  answer["seq"] = at_end ? Json() : Json(debuggee.input(first.input).seq);
  answer["checkpoints"] = debuggee.checkpoints();
  answer["no_copies_because"] = debuggee.obstacle().empty() ? Json() : Json(debuggee.obstacle());
  answer["seconds"] = first.seconds;
  answer["gdb_status"] = gdb_status;
  return answer;
}

Result<int> run_with_gdb(const Arguments& arguments, const Target& target, const Reel& reel,
                         Console& console) {
  choose_same_addresses();
  Debuggee debuggee(target, reel);
  const auto first = go_to_first(arguments, debuggee, console);
  if (!first) return first.error();
  if (!debuggee.obstacle().empty()) {
    console.say("debug: the program can't be copied (" + debuggee.obstacle() +
                "), so going elsewhere is a run from the start");
  }
  GdbOptions options;
  options.program = arguments.text("gdb");
  options.commands = arguments.all("ex");
  options.batch = arguments.has("batch");
  options.machine_interface = arguments.has("mi");
  options.output_to_stderr = arguments.json();
  const auto status = run_gdb(options, debuggee, *first);
  if (!status) return status.error();
  if (console.json()) console.answer(answer_of(*first, debuggee, *status));
  return kExitDone;
}

Result<int> run_debug(const Arguments& arguments, Console& console) {
  if (const auto good = check(arguments); !good) return good.error();
  const std::string& path = arguments.operands().front();
  Result<ReadReel> read = load(path);
  if (!read) return read.error();
  report_damage(console, path, read->damage);
  const auto target = target_of(read->reel, arguments.program());
  if (!target) return target.error();
  if (target->from_outside) {
    return Error{Trouble::kTarget, target->executable + ": " + target->no_player +
                                       ", and nobody else stops it before an input; debug a "
                                       "dynamically linked build: -- PROGRAM ARGS"};
  }
  const bool other = arguments.has("rr") || arguments.has("valgrind");
  return other ? run_other(arguments, *target, read->reel, console)
               : run_with_gdb(arguments, *target, read->reel, console);
}

}  // namespace

const Verb& debug_verb() {
  static const Verb verb{
      .name = "debug",
      .summary = "Look at the program with gdb, just before an input",
      .text =
          "Has a fresh instance run to the moment at which it has taken all inputs before the one "
          "that is asked for, and gives it to gdb; if none is, before the last one of the reel, or "
          "the one that it dies of before. There:\n\n"
          "'reel inputs' lists the inputs around; 'reel next' goes on to the next one, 'reel "
          "back' to the one before and 'reel goto K' to any; 'reel until EXPRESSION' to the first "
          "one after which an expression holds; 'reel diff K L EXPRESSION' tells what changed "
          "between two of them. 'help reel' says more.\n\n"
          "Whoever goes back, or further by 'goto', gets another instance, which runs there by "
          "itself: from a checkpoint where there is one, else from the start. Breakpoints and "
          "watchpoints stay, and addresses are the same in all of them where the system allows "
          "it. The program's clock stands while gdb holds it, and nobody ends it for being "
          "slow.\n\n"
          "--valgrind and --rr run the whole of it under these instead: the one reports errors of "
          "memory, the other keeps a trace in which one goes back and forth.\n\n"
          "An input is counted as 'crashreel blame' and 'crashreel show' count them.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options = joined(
          {sandbox_options(),
           {{.name = "at",
             .value = Value::kCount,
             .argument = "K",
             .help = "Before which input, from 1 (default: the last one that the program lives to "
                     "see)"},
            {.name = "ex",
             .value = Value::kText,
             .argument = "COMMAND",
             .help = "A command for gdb, once it is there",
             .repeated = true},
            {.name = "batch", .help = "End after these instead of waiting for more"},
            {.name = "mi",
             .help = "gdb talks its machine interface (mi3) on standard input and output, "
                     "for editors"},
            {.name = "valgrind",
             .help = "Run the inputs under valgrind instead, and print its report"},
            {.name = "rr", .help = "Record the run with rr instead, and say where the trace is"},
            {.name = "gdb",
             .value = Value::kText,
             .argument = "PROGRAM",
             .help = "A gdb with Python",
             .fallback = "gdb"}}}),
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "gdb has ended, or the other tool has seen the run"},
                   {kExitNotStarted,
                    "The program did not start, can't be attached, or ended before that input"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"}},
      .examples = {{"crashreel debug crash.reel", "Before the input that kills it"},
                   {"crashreel debug crash.reel --at 1 --batch --ex 'reel next' --ex backtrace",
                    "Without a person: what it does when it has taken the first input"}},
      .run = run_debug};
  return verb;
}

}  // namespace crashreel
