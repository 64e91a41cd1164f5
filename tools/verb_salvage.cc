// crashreel salvage: the ring of a program becomes a reel, whether the program is gone or not.

#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>

#include "capture/reel/reel_writer.h"
#include "capture/reel/ring_end.h"
#include "harness/signal_names.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/redaction.h"
#include "tools/pipeline/reel_shelf.h"
#include "tools/pipeline/rings.h"
#include "tools/pipeline/take_ring.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

std::string command_of(const FoundRing& ring) {
  std::string command;
  for (const std::string& word : ring.argv)
    command += (command.empty() ? "" : " ") + shell_text(word);
  return command;
}

int print_list(const std::vector<FoundRing>& rings, Console& console) {
  if (console.json()) {
    Json answer = new_answer("salvage");
    answer["rings"] = Json::array();
    for (const FoundRing& ring : rings) {
      answer["rings"].push_back({{"path", ring.path},
                                 {"pid", ring.pid},
                                 {"alive", ring.alive},
                                 {"bytes", ring.bytes},
                                 {"start_realtime_ns", ring.start_realtime_ns},
                                 {"argv", ring.argv}});
    }
    console.answer(answer);
    return kExitDone;
  }
  for (const FoundRing& ring : rings) {
    console.print(visible(ring.path) + ": pid " + std::to_string(ring.pid) +
                  (ring.alive ? ", runs, " : ", dead, ") + bytes_text(ring.bytes) + ", " +
                  command_of(ring) + "\n");
  }
  if (rings.empty()) console.say("no rings");
  return kExitDone;
}

// A number that is no file's name is a process.
Result<std::string> find_ring(const std::string& operand) {
  std::uint32_t process = 0;
  const char* end = operand.data() + operand.size();
  const auto [stop, error] = std::from_chars(operand.data(), end, process);
  const bool is_number = error == std::errc() && stop == end && process != 0;
  std::error_code ignored;
  if (!is_number || std::filesystem::exists(operand, ignored)) return operand;
  return ring_of(static_cast<pid_t>(process));
}

// As systemd says it: "exited:1", "killed:SEGV", "dumped:ABRT".
std::optional<CrashFacts> parse_ended(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string how = text.substr(0, colon);
  const std::string what = text.substr(colon + 1);
  CrashFacts facts;
  facts.known = true;
  if (how == "killed" || how == "dumped") {
    const auto signal = signal_named(what);
    if (!signal) return std::nullopt;
    facts.signal = *signal;
    facts.signature.kind = signal_name(*signal);
    return facts;
  }
  const char* end = what.data() + what.size();
  const auto [stop, error] = std::from_chars(what.data(), end, facts.exit_status);
  if (how != "exited" || error != std::errc() || stop != end) return std::nullopt;
  return facts;
}

// Nobody may have seen the program end but who calls us.
Result<void> note_ending(const std::string& text, const std::string& ring_path) {
  const auto facts = parse_ended(text);
  if (facts) return note_end(ring_path, *facts);
  return Error{Trouble::kUsage, "option '--ended': '" + text +
                                    "' is no end; write exited:STATUS, killed:SIGNAL or "
                                    "dumped:SIGNAL, for example killed:SEGV"};
}

// To the one file that was named, or to a shelf.
Result<std::string> put_away(const Reel& rest, InputSource& inputs, const Arguments& arguments) {
  const std::string& output = arguments.text("output");
  if (!arguments.has("keep")) {
    if (Result<void> written = write_reel(rest, inputs, output); !written) return written.error();
    return output;
  }
  const Program& program = rest.program;
  const std::string& name = program.argv.empty() ? program.executable : program.argv.front();
  const ReelShelf shelf{.path = output,
                        .program = std::filesystem::path(name).filename(),
                        .keep = arguments.count("keep")};
  const auto shelved = shelve(rest, inputs, shelf, program.pid, std::chrono::system_clock::now());
  if (!shelved) return shelved.error();
  return shelved->path;
}

// The reel is safely on the disk.
Result<void> remove_ring(const std::string& path, bool alive, Console& console) {
  if (alive) {
    console.complain(path + ": stays, for its program still runs");
    return {};
  }
  std::error_code error;
  if (std::filesystem::remove(path, error) && !error) return {};
  return Error{Trouble::kEnvironment, path + ": can't be removed: " + error.message() +
                                          "; the reel is written, remove the ring by hand"};
}

Result<int> make_reel(const Arguments& arguments, Console& console) {
  const Result<std::string> path = find_ring(arguments.operands().front());
  if (!path) return path.error();
  // Before and after: a program that ends meanwhile was taken while it ran.
  const bool alive = is_alive(*path);
  if (arguments.has("ended")) {
    if (alive) {
      return Error{Trouble::kUsage, *path + ": its program still runs; leave out '--ended'"};
    }
    if (Result<void> noted = note_ending(arguments.text("ended"), *path); !noted) {
      return noted.error();
    }
  }
  const Result<std::string> rules = rules_from(arguments.all("redact"), RulesFor::kSalvage);
  if (!rules) return rules.error();
  Result<TakenRing> taken =
      alive ? take_live_ring(*path, folder_of_shelf(arguments.text("output"))) : take_ring(*path);
  if (!taken) return taken.error();
  if (arguments.has("core")) {
    if (alive)
      return Error{Trouble::kUsage, *path + ": its program still runs; leave out '--core'"};
    const Result<void> added = add_core_dump(arguments.text("core"), *taken);
    if (!added) return added.error();
  }
  Reel& reel = taken->ring.reel;
  reel.crash.reason = SaveReason::kSalvage;
  reel.crash.still_running = alive;
  const auto redacted = redact_reel(reel, *taken->ring.inputs, *rules, redaction_key());
  if (!redacted) return redacted.error();
  SummarizedInputs inputs(*redacted ? **redacted : *taken->ring.inputs);
  const Result<std::string> output = put_away(reel, inputs, arguments);
  if (!output) return output.error();
  report_damage(console, *path, taken->ring.damage);
  if (alive) console.say(*path + ": the program still runs; the reel ends where it was");
  if (const std::string fault = fault_text(reel.crash); !fault.empty()) console.say(fault);
  report_written(console, "salvage", *output, inputs.summary(reel, taken->ring.damage));
  if (!reel.redaction.salvage_rules.empty() && !arguments.has("remove")) {
    console.complain(*path +
                     ": still holds in clear what was masked in the reel; remove it with: rm " +
                     shell_text(*path));
  }
  if (!arguments.has("remove")) return kExitDone;
  if (Result<void> removed = remove_ring(*path, alive, console); !removed) return removed.error();
  return kExitDone;
}

Result<int> run_salvage(const Arguments& arguments, Console& console) {
  const auto usage = [](const std::string& message) { return Error{Trouble::kUsage, message}; };
  if (arguments.has("list")) {
    for (const char* option : {"output", "remove", "keep", "ended", "core", "redact"}) {
      if (arguments.has(option)) {
        return usage(std::string("'--list' makes no reel; leave out '--") + option + "'");
      }
    }
    const auto rings = list_rings(arguments.operands().front());
    if (!rings) return rings.error();
    return print_list(*rings, console);
  }
  if (!arguments.has("output")) return usage("where does the reel go? name it with -o FILE.reel");
  return make_reel(arguments, console);
}

}  // namespace

const Verb& salvage_verb() {
  static const Verb verb{
      .name = "salvage",
      .summary = "Make a reel of the ring of a program, dead or alive",
      .text =
          "The ring is only read, and may belong to a program that still runs: the reel then ends "
          "where the program was. What the ring could not keep is counted, never passed over. "
          "Memory "
          "is needed for neither the ring nor the reel; room in the reel's folder is, for as much "
          "as "
          "the ring once more while its program runs.\n\n"
          "With --list no reel is made: all rings in a folder are told with their processes.",
      .operands = {{.name = "RING|PID|FOLDER",
                    .help = "The ring's file, by default /dev/shm/crashreel-PID.ring; or the "
                            "number of the process that has one, or had. With --list the folder "
                            "where rings lie, by default /dev/shm"}},
      .options = {{.name = "output",
                   .letter = 'o',
                   .value = Value::kText,
                   .argument = "FILE.reel|FOLDER/",
                   .help = "Where the reel goes; a folder with --keep"},
                  {.name = "keep",
                   .value = Value::kCount,
                   .argument = "N",
                   .help = "Keep so many reels there, as 'record' does; without it, what is in "
                           "the file is replaced",
                   .most = 10'000},
                  {.name = "ended",
                   .value = Value::kText,
                   .argument = "HOW",
                   .help = "How the program ended, when you know: exited:STATUS, killed:SIGNAL or "
                           "dumped:SIGNAL, as systemd says \"$EXIT_CODE:$EXIT_STATUS\""},
                  {.name = "core",
                   .value = Value::kText,
                   .argument = "FILE",
                   .help = "The core dump that this process left: where the ring has no frames of "
                           "the crash ('record --frames'), they come from it. The program's files "
                           "have to be where they were"},
                  {.name = "redact",
                   .value = Value::kText,
                   .argument = "RULE|@FILE",
                   .help = "Keep secrets out of the reel; the ring still holds them. As for "
                           "'crashreel record', and besides mask:regex:PATTERN, hash: and drop: "
                           "alike, for a regular expression, of which the first group counts if "
                           "it has one",
                   .repeated = true},
                  {.name = "remove",
                   .help = "Remove the ring of a program that is dead, once the reel is safely on "
                           "the disk"},
                  {.name = "list", .help = "Tell which rings there are instead"}},
      .statuses = {{kExitDone, "The reel is written"},
                   {kExitDamaged,
                    "The ring is damaged beyond use, or the file is none; or the core dump"}},
      .examples =
          {{"crashreel salvage server.ring -o crash.reel",
            "After a crash of a program that records itself"},
           {"crashreel salvage server.ring -o crash.reel --remove",
            "The same, and the ring is not needed any more"},
           {"crashreel salvage server.ring -o crash.reel --redact 'mask:regex:[0-9]{13,19}'",
            "Numbers as long as those of payment cards are masked in the reel"},
           {"crashreel salvage --list /dev/shm", "What is there to be salvaged"}},
      .run = run_salvage};
  return verb;
}

}  // namespace crashreel
