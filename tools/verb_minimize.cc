// crashreel minimize: the least of a reel that still brings the same crash.

#include <algorithm>
#include <filesystem>

#include "capture/reel/reel_writer.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/duration.h"
#include "tools/exit_status.h"
#include "tools/minimize_budget.h"
#include "tools/minimize_file.h"
#include "tools/minimize_text.h"
#include "tools/pipeline/lineage.h"
#include "tools/pipeline/load.h"
#include "tools/pipeline/shrink.h"
#include "tools/reel_json.h"
#include "tools/reel_summary.h"
#include "tools/replay_options.h"
#include "tools/start_options.h"
#include "tools/verbs.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kLongestHangMs = 3'600'000;

int status_of(const ShrinkReport& report, std::uint64_t asked_percent) {
  if (report.reproduced) {
    auto confirmed = static_cast<std::uint64_t>(report.confirmed);
    auto tries = static_cast<std::uint64_t>(report.confirmations);
    return confirmed * 100 >= asked_percent * tries ? kExitDone : kExitFlaky;
  }
  if (report.different > 0) return kExitDifferent;
  bool all_silent = report.unresolved == static_cast<int>(report.outcomes.size());
  return all_silent ? kExitNotStarted : kExitNoCrash;
}

Json answer_of(const ShrinkReport& report, const std::string& output) {
  Json answer = new_answer("minimize");
  answer["reproduced"] = report.reproduced;
  answer["output"] = report.reproduced ? Json(output) : Json();
  answer["inputs_before"] = report.inputs_before;
  answer["inputs_after"] = report.inputs_after;
  answer["sessions_before"] = report.sessions_before;
  answer["sessions_after"] = report.sessions_after;
  answer["bytes_before"] = report.bytes_before;
  answer["bytes_after"] = report.bytes_after;
  answer["masked_inputs"] = report.masked_after;
  answer["questions"] = report.questions;
  answer["session_questions"] = report.session_questions;
  answer["byte_questions"] = report.byte_questions;
  answer["pair_questions"] = report.pair_questions;
  answer["value_questions"] = report.value_questions;
  answer["wait_questions"] = report.wait_questions;
  answer["single_questions"] = report.single_questions;
  answer["check_questions"] = report.check_questions;
  answer["guesses"] = report.guesses;
  answer["replayed_inputs"] = report.replayed_inputs;
  answer["bound"] = report.bound;
  answer["different_seen"] = report.different_seen;
  answer["different"] = Json::array();
  for (const OtherCrash& other : report.others) {
    answer["different"].push_back({{"signature", describe(other.signature)},
                                   {"seen", other.seen},
                                   {"inputs", other.reel.inputs.size()}});
  }
  answer["unresolved_seen"] = report.unresolved_seen;
  answer["flaky"] = report.flaky;
  answer["estimated_rate"] = report.estimated_rate;
  answer["too_rare"] = report.too_rare;
  answer["stopped"] = report.stopped;
  answer["recalled"] = report.recalled;
  answer["fork_server"] = report.not_forking.empty();
  answer["no_fork_server_because"] = report.not_forking.empty() ? Json() : Json(report.not_forking);
  answer["checkpoints"] = report.not_holding.empty();
  answer["no_checkpoints_because"] = report.not_holding.empty() ? Json() : Json(report.not_holding);
  answer["one_minimal"] = report.one_minimal;
  answer["two_minimal"] = report.two_minimal;
  answer["bytes_one_minimal"] = report.bytes_one_minimal;
  answer["confirmed"] = report.confirmed;
  answer["confirmations"] = report.confirmations;
  answer["rate"] = report.rate;
  answer["outcomes"] = report.outcomes;
  bool known = report.reproduced && !report.signature.kind.empty();
  answer["program_report"] = report.program_report.empty() ? Json() : Json(report.program_report);
  answer["signature"] = known ? Json(describe(report.signature)) : Json();
  answer["frames"] = json_of(report.signature)["frames"];
  answer["history"] = Json::array();
  for (const HistoryPoint& point : report.history) {
    answer["history"].push_back({point.question, point.items_left, point.bytes_left});
  }
  answer["different_at"] = report.slips;
  answer["hints"] = report.hints;
  answer["obstacle"] = report.obstacle.empty() ? Json() : Json(report.obstacle);
  answer["seconds"] = report.seconds;
  return answer;
}

// The smallest of each, as a reproducer of its own.
Result<void> write_others(const ShrinkReport& report, const std::string& directory) {
  if (report.others.empty()) return {};
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  for (std::size_t i = 0; i < report.others.size(); ++i) {
    Reel reel = report.others[i].reel;
    reel.program = report.reel.program;
    reel.files = report.reel.files;
    reel.lineage = report.reel.lineage;
    reel.crash.known = true;
    reel.crash.signature = report.others[i].signature;
    reel.crash.signature_from_replay = true;
    const std::string path = directory + "/different-" + std::to_string(i + 1) + ".reel";
    if (Result<void> written = write_reel(reel, path); !written) return written;
  }
  return {};
}

// Options of the other kind of minimization would be ignored without a word.
Result<void> check_no_file_options(const Arguments& arguments) {
  for (const Option& option : file_options()) {
    if (!arguments.has(option.name)) continue;
    return Error{Trouble::kUsage, "option '--" + option.name + "' has a meaning with --test alone"};
  }
  return {};
}

Result<int> run_minimize(const Arguments& arguments, Console& console) {
  if (arguments.has("test")) return minimize_file(arguments, console);
  if (Result<void> good = check_no_file_options(arguments); !good) return good.error();
  Result<ReadReel> read = load(arguments.operands().front());
  if (!read) return read.error();
  report_damage(console, arguments.operands().front(), read->damage);
  Lineage lineage = lineage_of(arguments.operands().front());  // the output may replace it

  const Budget budget(arguments);
  Watch watch(arguments, console);
  ShrinkOptions options;
  options.tries = static_cast<int>(arguments.count("tries"));
  options.jobs = static_cast<int>(arguments.count("jobs"));
  options.argv = arguments.program();
  options.flaky = arguments.has("flaky");
  options.alone = arguments.has("alone");
  options.values = arguments.has("values");
  if (arguments.has("hang")) {
    const Result<std::uint64_t> hang_ms = parse_milliseconds(arguments.text("hang"));
    if (!hang_ms) return Error{Trouble::kUsage, "option '--hang': " + hang_ms.error().message};
    options.hang_ms = static_cast<std::uint32_t>(std::min<std::uint64_t>(*hang_ms, kLongestHangMs));
  }
  options.max_questions = budget.max_questions();
  options.stop = budget.stop();
  options.journal = budget.journal();
  options.progress = [&](const char* stage, const Progress& progress) {
    const std::string_view name = stage;
    const bool bytes = name == "bytes" || name == "values";
    watch.show(stage, bytes ? "byte" : name == "waits" ? "wait" : "input", progress);
  };
  Result<ShrinkReport> report = shrink(read->reel, options);
  watch.clear();
  if (!report) return report.error();
  report->reel.lineage = std::move(lineage);

  const std::string& output = arguments.text("output");
  if (!report->obstacle.empty()) console.complain("minimize: " + report->obstacle);
  budget.forget_journal(report->stopped);
  if (!report->journal_trouble.empty()) console.complain("minimize: " + report->journal_trouble);
  if (report->stopped) {
    console.say("stopped before the end; the same command goes on from " + budget.journal());
  }
  if (!report->reproduced) {
    console.complain("minimize: " + no_crash_text(*report, arguments.operands().front()));
    for (const std::string& hint : report->hints) console.complain("minimize: " + hint);
  } else if (Result<void> written = write_reel(report->reel, output); !written) {
    return written.error();
  }
  if (arguments.has("different")) {
    const Result<void> kept = write_others(*report, arguments.text("different"));
    if (!kept) return kept.error();
  }
  watch.finish(answer_of(*report, output),
               report->reproduced ? minimize_text(*report, output, console) : "");
  return Budget::status_of(status_of(*report, arguments.count("rate")));
}

// Of a minimization of a reel.
std::vector<Option> own_options() {
  return {{.name = "output",
           .letter = 'o',
           .value = Value::kText,
           .argument = "FILE",
           .help = "Where the minimized reel, or file, goes",
           .required = true},
          jobs_option(),
          tries_option("How often the whole reel is tried before, and the result after", "3"),
          rate_option("How many tries of the result in a hundred must crash in the same way for "
                      "exit status 0",
                      "100"),
          {.name = "hang",
           .value = Value::kText,
           .argument = "TIME",
           .help = "So long without progress is a hang, for example 2s; 10s without this. Of a "
                   "reel that was saved because its program hung, a hang is what is sought, and "
                   "each costs as long as that"},
          alone_option(),
          {.name = "values",
           .help = "Then make every byte plain that can be: 0 for a digit, a or A for a "
                   "letter, a space for the rest; and every number as small as it can be"}};
}

}  // namespace

const Verb& minimize_verb() {
  static const Verb verb{
      .name = "minimize",
      .summary = "Find the few inputs and bytes that the crash needs",
      .text =
          "Every question is a replay against a fresh instance; where the program allows it, a "
          "copy "
          "of one that was made before its first input. Inputs go first, then closings of "
          "sessions, two inputs that can only go together, bytes, and the waits between inputs, "
          "which become nothing or the fewest milliseconds that still bring the crash; an input "
          "that is needed no longer after that goes, too. Only the same crash counts: choices that "
          "crash differently are counted and never accepted. The result is checked anew: without "
          "any one of its inputs "
          "the crash must be gone.\n\n"
          "With --test it does the same to any file, with any command for a question.\n\n"
          "A minimal reproducer is one cause of this crash; that it was production's is likely, "
          "not "
          "proven.",
      .operands = {{"FILE", "A reel, or a seed in a corpus directory; with --test any file"}},
      .options =
          joined({start_options_with_leaks(), own_options(), budget_options(), file_options()}),
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "The minimized reel is written"},
                   {kExitNoCrash, "The whole reel brings no crash; nothing is written"},
                   {kExitDifferent, "The whole reel crashes, but differently; nothing is written"},
                   {kExitFlaky,
                    "The minimized reel is written, but it brings the crash back below "
                    "the asked rate"},
                   {kExitNotStarted,
                    "The program did not start or can't be attached, or no try "
                    "gave an answer"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"},
                   {kExitSignalBase + 2,
                    "Interrupted (128 plus the signal); the best so far is written"}},
      .examples = {{"crashreel minimize crash.reel -o min.reel",
                    "Against the program that was recorded"},
                   {"crashreel minimize crash.reel -o min.reel --jobs 2 -- ./calc",
                    "Two replays at a time, of a program of the given path"},
                   {"crashreel minimize --test 'grep -q RUN' commands.txt -o min.txt",
                    "Any file with any test: the fewest lines for which it holds"},
                   {"crashreel minimize --test ./calc --stdin --oracle signature commands.txt -o "
                    "min.txt",
                    "The fewest lines of which a program still crashes in the same way"}},
      .run = run_minimize};
  return verb;
}

}  // namespace crashreel
