#include "tools/record_options.h"

#include <signal.h>

#include <cstdlib>

#include "harness/signal_names.h"
#include "tools/duration.h"
#include "tools/pipeline/redaction.h"
#include "tools/pipeline/signal_relay.h"

namespace crashreel {
namespace {

// Which reels are written, and where to.
std::vector<Option> reel_options() {
  return {
      {.name = "output",
       .letter = 'o',
       .value = Value::kText,
       .argument = "FILE.reel|FOLDER/",
       .help = "Where the reel goes: a file, whose older ones become FILE.1.reel and so on, or a "
               "folder for PROGRAM-TIME-PID.reel (default the working directory)"},
      {.name = "keep",
       .value = Value::kCount,
       .argument = "N",
       .help = "Keep so many reels of this program there; the oldest go",
       .fallback = "5",
       .most = 10'000},
      {.name = "loop-time",
       .value = Value::kText,
       .argument = "TIME",
       .help = "When all reels that --keep allows are younger than this, the program crashes in a "
               "loop: no further one is written",
       .fallback = "1min"},
      {.name = "save-on",
       .value = Value::kChoice,
       .argument = "crash|abnormal|always",
       .help =
           "Write a reel when a signal killed the program (but for SIGHUP, SIGINT and "
           "SIGTERM) or a sanitizer ended it; or also when its exit status was not 0; or always",
       .fallback = "crash"}};
}

// What is kept meanwhile, and where.
std::vector<Option> ring_options() {
  return {
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
      {.name = "age",
       .value = Value::kText,
       .argument = "TIME",
       .help =
           "Keep none in the reel that came longer before the end than this, for example 10min; "
           "those beside the tail (prelude, heads, pins) stay"},
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
      {.name = "crc",
       .help = "Check each payload by a sum: what the dying program hit in its own ring is then "
               "reported instead of shown"}};
}

// What is looked at.
std::vector<Option> source_options() {
  return {
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
      {.name = "frames",
       .help = "Keep the stack of a crash: at a fatal signal a handler in the program takes it "
               "down, and goes on to the program's own"},
      {.name = "redact",
       .value = Value::kText,
       .argument = "RULE|@FILE",
       .help =
           "Keep secrets out of the ring and the reel: mask:, hash: or drop:, then literal:TEXT, "
           "after:TEXT (to the end of the word), line:TEXT (to the end of the line) or "
           "session:PATTERN; or a file of such rules, one a line, which others can't read in the "
           "list of processes. A secret that two reads share is not found",
       .repeated = true},
      {.name = "no-stdin",
       .help = "Give the program our standard input itself, unrecorded; for programs that want a "
               "terminal there"}};
}

// When a reel is made though the program runs on.
std::vector<Option> moment_options() {
  return {
      {.name = "on-signal",
       .value = Value::kText,
       .argument = "SIGNAL",
       .help = "Keep this signal from the program and make a reel of what the ring holds then, "
               "while the program runs on; all others are passed on"},
      {.name = "hang",
       .value = Value::kText,
       .argument = "TIME",
       .help = "Make a reel when the program, though it could run for so long, took no input that "
               "waited for it: unread bytes, clients in a listener's queue, a further line of "
               "standard input; or when all its threads burn the processor and take none"},
      {.name = "hang-kill",
       .value = Value::kText,
       .argument = "SIGNAL",
       .help = "Send this signal to a program that hangs, for example SIGABRT"}};
}

SaveOn save_on(const std::string& word) {
  if (word == "always") return SaveOn::kAlways;
  return word == "abnormal" ? SaveOn::kAbnormal : SaveOn::kCrash;
}

Error wrong_value(const Arguments& arguments, const char* option, const std::string& why) {
  return {Trouble::kUsage,
          std::string("option '--") + option + "': '" + arguments.text(option) + "' " + why};
}

Result<void> read_time(const Arguments& arguments, const char* option,
                       std::chrono::milliseconds* time) {
  if (!arguments.has(option)) return {};
  const Result<std::uint64_t> parsed = parse_milliseconds(arguments.text(option));
  if (!parsed) {
    return Error{Trouble::kUsage,
                 std::string("option '--") + option + "': " + parsed.error().message};
  }
  *time = std::chrono::milliseconds(*parsed);
  return {};
}

Result<void> read_signals(const Arguments& arguments, RecordOptions* options) {
  if (arguments.has("on-signal")) {
    const auto signal = signal_named(arguments.text("on-signal"));
    if (!signal) {
      return wrong_value(arguments, "on-signal",
                         "is no signal; write its name, for example SIGUSR2");
    }
    if (!SignalRelay::holds(*signal) || *signal == SIGPIPE) {
      return wrong_value(arguments, "on-signal",
                         "can't be waited for; take SIGUSR1, SIGUSR2 or SIGHUP");
    }
    options->save_signal = *signal;
  }
  if (!arguments.has("hang-kill")) return {};
  if (!arguments.has("hang")) {
    return wrong_value(arguments, "hang-kill",
                       "needs --hang TIME, which says when the program hangs");
  }
  const auto signal = signal_named(arguments.text("hang-kill"));
  if (!signal) {
    return wrong_value(arguments, "hang-kill", "is no signal; write its name, for example SIGABRT");
  }
  options->hang.kill_signal = *signal;
  return {};
}

// Those options whose values only a verb can judge.
Result<void> read_values(const Arguments& arguments, RecordOptions* options) {
  if (auto read = read_time(arguments, "loop-time", &options->loop_time); !read) return read;
  if (auto read = read_time(arguments, "hang", &options->hang.after); !read) return read;
  if (auto read = read_time(arguments, "age", &options->keep_age); !read) return read;
  return read_signals(arguments, options);
}

RecordOptions plain_values(const Arguments& arguments) {
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
  options.payload_crc = arguments.has("crc");
  options.environment = arguments.all("env");
  options.keep_reels = arguments.count("keep");
  options.frames = arguments.has("frames");
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

// What the environment asks for comes first, and keeps its rules' numbers.
Result<std::string> rules_of(const Arguments& arguments) {
  std::vector<std::string> given;
  if (const char* rules = std::getenv("CRASHREEL_REDACT")) given.emplace_back(rules);
  for (const std::string& rule : arguments.all("redact")) given.push_back(rule);
  return rules_from(given, RulesFor::kRecord);
}

}  // namespace

std::vector<Option> record_options() {
  return joined({reel_options(), ring_options(), source_options(), moment_options()});
}

Result<RecordOptions> read_record_options(const Arguments& arguments) {
  if (const Result<void> names = check_names(arguments); !names) return names.error();
  Result<std::string> rules = rules_of(arguments);
  if (!rules) return rules.error();
  RecordOptions options = plain_values(arguments);
  if (const Result<void> read = read_values(arguments, &options); !read) return read.error();
  options.redact_rules = *std::move(rules);
  return options;
}

}  // namespace crashreel
