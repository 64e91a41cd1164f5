// crashreel debug: gdb on a fresh instance, just before an input.

#include <sys/personality.h>

#include <charconv>

#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/debug/gdb.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/debuggee.h"
#include "tools/pipeline/load.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"

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
  if (arguments.json() && arguments.has("mi")) {
    return Error{Trouble::kUsage, "'--mi' talks to a program on stdout; leave out '--json'"};
  }
  if (arguments.json() && !arguments.has("batch")) {
    return Error{Trouble::kUsage, "'--json' is for runs that end by themselves; add '--batch'"};
  }
  return {};
}

Result<int> run_debug(const Arguments& arguments, Console& console) {
  if (const auto good = check(arguments); !good) return good.error();
  const std::string& path = arguments.operands().front();
  Result<ReadReel> read = load(path);
  if (!read) return read.error();
  report_damage(console, path, read->damage);
  const auto target = target_of(read->reel, arguments.program());
  if (!target) return target.error();
  Debuggee debuggee(*target, read->reel);
  const auto at = place_of(arguments, debuggee);
  if (!at) return at.error();

  choose_same_addresses();
  auto first = debuggee.go_to(*at, false);
  if (const auto fatal = debuggee.failed_in(); !first && !arguments.has("at") && fatal != 0) {
    console.say("debug: " + first.error().message + ", so this is before that input");
    first = debuggee.go_to(fatal, false);
  }
  if (!first) {
    return Error{first.error().trouble, target->executable + ": input " + std::to_string(*at) +
                                            " is not reached: " + first.error().message +
                                            "; choose an earlier one with --at"};
  }
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
  if (console.json()) {
    const bool at_end = first->input > debuggee.inputs();
    Json answer = new_answer("debug");
    answer["input"] = first->input;
    answer["inputs"] = debuggee.inputs();
    answer["seq"] = at_end ? Json() : Json(debuggee.input(first->input).seq);
    answer["checkpoints"] = debuggee.checkpoints();
    answer["no_copies_because"] = debuggee.obstacle().empty() ? Json() : Json(debuggee.obstacle());
    answer["seconds"] = first->seconds;
    answer["gdb_status"] = *status;
    console.answer(answer);
  }
  return kExitDone;
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
          "An input is counted as 'crashreel blame' and 'crashreel show' count them.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options =
          {{.name = "at",
            .value = Value::kCount,
            .argument = "K",
            .help =
                "Before which input, from 1 (default: the last one that the program lives to see)"},
           {.name = "ex",
            .value = Value::kText,
            .argument = "COMMAND",
            .help = "A command for gdb, once it is there",
            .repeated = true},
           {.name = "batch", .help = "End after these instead of waiting for more"},
           {.name = "mi",
            .help = "gdb talks its machine interface (mi3) on standard input and output, "
                    "for editors"},
           {.name = "gdb",
            .value = Value::kText,
            .argument = "PROGRAM",
            .help = "A gdb with Python",
            .fallback = "gdb"}},
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "gdb has ended"},
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
