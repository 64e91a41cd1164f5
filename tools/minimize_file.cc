#include "tools/minimize_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/minimize_budget.h"
#include "tools/pipeline/read_file.h"
#include "tools/pipeline/shrink_file.h"
#include "tools/quantity.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

constexpr int kNotExecutable = 126;  // as sh says it
constexpr int kNotFound = 127;

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return Error{Trouble::kEnvironment, path + ": could not be written: " + std::strerror(errno)};
}

// The candidate's name is that of the file: what reads it may go by its ending.
std::string name_of(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename();
  return path == "-" || name.empty() ? "input" : name;
}

Result<FileShrinkOptions> options_of(const Arguments& arguments) {
  FileShrinkOptions options;
  const Result<SplitRule> rule = parse_split_rule(arguments.text_if("split").value_or("lines"));
  if (!rule) return Error{Trouble::kUsage, "option '--split': " + rule.error().message};
  if (arguments.program()) {
    return Error{Trouble::kUsage, "'--test' says what is run; nothing may stand behind '--'"};
  }
  options.split = *rule;
  options.command.line = arguments.text("test");
  options.command.name = name_of(arguments.operands().front());
  options.command.on_stdin = arguments.has("stdin");
  if (arguments.has("timeout")) {
    options.command.timeout_ms = static_cast<std::uint32_t>(arguments.count("timeout") * 1000);
  }
  options.by_signature = arguments.text_if("oracle") == "signature";
  options.bytes = arguments.has("bytes");
  options.values = arguments.has("values");
  options.flaky = arguments.has("flaky");
  options.jobs = static_cast<std::uint32_t>(arguments.count("jobs"));
  return options;
}

std::string ending_text(const TestRun& run) {
  if (run.timed_out) return "it was out of time";
  if (run.signal != 0) return "it was killed by signal " + std::to_string(run.signal);
  return "it ended with status " + std::to_string(run.status);
}

std::string complaint(const FileShrinkReport& report, const Arguments& arguments) {
  const TestRun& run = report.first;
  std::string text = arguments.operands().front() + ": the test does not hold for the whole file: ";
  text += ending_text(run);
  if (run.status == kNotFound || run.status == kNotExecutable) {
    return text + ", which is how sh says that it can't run '" + arguments.text("test") +
           "'; it runs in a directory of its own: give the paths of files from the root";
  }
  if (arguments.text_if("oracle") == "signature") return text + ", which is no crash";
  return text + "; status 0 means that a candidate is still good";
}

std::string report_text(const FileShrinkReport& report, const std::string& output,
                        const Console& console) {
  std::string text = console.strong(
      grouped(report.pieces_before) + " -> " + counted(report.pieces_after, "piece") + ", " +
      grouped(report.bytes_before) + " -> " + counted(report.text.size(), "byte") + "\n");
  if (!report.signature.empty()) text += "  " + visible(report.signature) + "\n";
  text += std::string("  ") +
          (report.one_minimal ? "without any one of these pieces the test does not hold"
                              : "not proven minimal: some piece may be one too many") +
          "\n  " + counted(report.questions, "question") + " over pieces (log2 C(N,k) + k + 1 is " +
          grouped(report.bound) + "), " + grouped(report.byte_questions) + " over bytes, " +
          counted(report.runs, "run") + " of the test in " + std::to_string(report.seconds) +
          " s\n";
  if (report.rate < 1) {
    text += "  the test holds in about " + std::to_string(std::lround(100 * report.rate)) +
            " of 100 runs" + (report.too_rare ? ", too few for a proof\n" : "\n");
  }
  if (report.recalled != 0) {
    text += "  " + counted(report.recalled, "answer") + " came from the journal\n";
  }
  for (const TestJudge::Different& one : report.different) {
    text += "  " + counted(one.seen, "candidate") + " ended differently, not accepted";
    text += (one.signature.empty() ? "" : ": " + visible(one.signature)) + "\n";
  }
  return text + "  written to " + visible(output) + "\n";
}

Json answer_of(const FileShrinkReport& report, const std::string& output) {
  Json answer = new_answer("minimize");
  answer["reproduced"] = report.reproduced;
  answer["output"] = report.reproduced ? Json(output) : Json();
  answer["pieces_before"] = report.pieces_before;
  answer["pieces_after"] = report.pieces_after;
  answer["bytes_before"] = report.bytes_before;
  answer["bytes_after"] = report.text.size();
  answer["questions"] = report.questions;
  answer["byte_questions"] = report.byte_questions;
  answer["value_questions"] = report.value_questions;
  answer["guesses"] = report.guesses;
  answer["runs"] = report.runs;
  answer["recalled"] = report.recalled;
  answer["bound"] = report.bound;
  answer["one_minimal"] = report.one_minimal;
  answer["rate"] = report.rate;
  answer["too_rare"] = report.too_rare;
  answer["stopped"] = report.stopped;
  answer["unresolved_seen"] = report.unresolved_seen;
  answer["signature"] = report.signature.empty() ? Json() : Json(report.signature);
  answer["different"] = Json::array();
  for (const TestJudge::Different& one : report.different) {
    answer["different"].push_back(
        {{"signature", one.signature}, {"seen", one.seen}, {"bytes", one.candidate.size()}});
  }
  answer["history"] = Json::array();
  for (const HistoryPoint& point : report.history) {
    answer["history"].push_back({point.question, point.items_left});
  }
  answer["seconds"] = report.seconds;
  return answer;
}

Result<void> write_different(const FileShrinkReport& report, const std::string& directory,
                             const std::string& name) {
  if (report.different.empty()) return {};
  std::error_code trouble;
  std::filesystem::create_directories(directory, trouble);
  for (std::size_t i = 0; i < report.different.size(); ++i) {
    const std::string path = directory + "/" + std::to_string(i + 1) + "-" + name;
    const Result<void> written = write_file(path, report.different[i].candidate);
    if (!written) return written;
  }
  return {};
}

}  // namespace

const std::vector<Option>& file_options() {
  static const std::vector<Option> options = {
      {.name = "test",
       .value = Value::kText,
       .argument = "COMMAND",
       .help = "Minimize any file: sh runs COMMAND in a fresh directory that holds the candidate "
               "under the file's name, with its path as last argument or in place of @@; status 0 "
               "means that the candidate is still good, 3 that it fails in another way, 125 that "
               "it can't be told"},
      {.name = "split",
       .value = Value::kText,
       .argument = "RULE",
       .help = "With --test, what the pieces of the file are: lines, bytes, json, "
               "length-prefixed[:1|2|4|8[le|be]], or regex:PATTERN, which ends a piece; lines "
               "when not given"},
      {.name = "oracle",
       .value = Value::kChoice,
       .argument = "exit|signature",
       .help =
           "With --test, what is to stay: status 0, or the crash of COMMAND itself, told by "
           "its signal, else its status, and by what it prints on stderr: the kind, first three "
           "functions and line of a sanitizer's report, or the words of an assertion, a panic or "
           "an uncaught exception, without addresses and numbers"},
      {.name = "stdin", .help = "With --test, give the candidate on standard input"},
      {.name = "bytes", .help = "With --test, shrink the bytes of the pieces that are left, too"},
      {.name = "timeout",
       .value = Value::kCount,
       .argument = "SECONDS",
       .help = "With --test, end a run after so long; it is tried once more, and then no",
       .most = 1'000'000}};
  return options;
}

Result<int> minimize_file(const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  const std::string& output = arguments.text("output");
  Result<FileShrinkOptions> options = options_of(arguments);
  if (!options) return options.error();
  const Result<std::string> text = read_file(path, kMaxSplitBytes);
  if (!text) return text.error();
  const Budget budget(arguments);
  Watch watch(arguments, console);
  options->max_questions = budget.max_questions();
  options->stop = budget.stop();
  options->journal = budget.journal();
  options->progress = [&](const char* stage, const Progress& progress) {
    watch.show(stage, std::string_view(stage) == "pieces" ? "piece" : "byte", progress);
  };
  const Result<FileShrinkReport> report = shrink_file(*text, *options);
  watch.clear();
  if (!report) return Error{report.error().trouble, path + ": " + report.error().message};

  budget.forget_journal(report->stopped);
  if (!report->journal_trouble.empty()) console.complain("minimize: " + report->journal_trouble);
  if (report->stopped) {
    console.say("stopped before the end; the same command goes on from " + budget.journal());
  }
  if (!report->reproduced) {
    if (!report->stopped) console.complain("minimize: " + complaint(*report, arguments));
  } else if (Result<void> written = write_file(output, report->text); !written) {
    return written.error();
  }
  if (arguments.has("different")) {
    const Result<void> kept = write_different(*report, arguments.text("different"), name_of(path));
    if (!kept) return kept.error();
  }
  watch.finish(answer_of(*report, output),
               report->reproduced ? report_text(*report, output, console) : "");
  return budget.status_of(report->reproduced ? kExitDone : kExitNoCrash);
}

}  // namespace crashreel
