// crashreel import: inputs from elsewhere become a reel.

#include <cstdlib>

#include "capture/reel/reel_writer.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/pipeline/import.h"
#include "tools/pipeline/read_file.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"

namespace crashreel {
namespace {

// Far above any list that a hand or a script makes of what a reel can hold.
constexpr std::uint64_t kMaxLinesBytes = std::uint64_t{16} << 30;

TargetKind kind_of(const std::string& name) {
  if (name == "function") return TargetKind::kFunction;
  return name == "stdin" ? TargetKind::kStdin : TargetKind::kServer;
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  Result<std::string> text = read_file(path, kMaxLinesBytes);
  if (!text) return text.error();

  const char* search_path = std::getenv("PATH");
  ImportOptions options{
      .kind = kind_of(arguments.text("kind")),
      .argv = *arguments.program(),
      .files = arguments.all("file"),
      .search_path = search_path == nullptr ? "" : search_path,
      .format = arguments.text("format") == "seed" ? ImportFormat::kSeed : ImportFormat::kJsonl,
      .program_is_here = !arguments.has("no-check")};
  Result<Reel> reel = import_inputs(*text, path == "-" ? "standard input" : path, options);
  if (!reel) return reel.error();

  const std::string& output = arguments.text("output");
  if (Result<void> written = write_reel(*reel, output); !written) return written.error();
  report_written(console, "import", output, summary_of({*std::move(reel), {}}));
  return kExitDone;
}

}  // namespace

const Verb& import_verb() {
  static const Verb verb{
      .name = "import",
      .summary = "Make a reel of inputs that were kept in another way",
      .text =
          "Each line of INPUTS is one JSON object, one thing that the program received. "
          "'session' (a number) and 'data' (base64) are required; 'kind' is \"data\" unless it "
          "says "
          "\"open\", \"close\", \"signal\", \"clock\", \"random\" or \"note\"; 'seq', 'time_ns' "
          "and "
          "'thread' are filled in where they are missing. 'crashreel show --jsonl' writes the same "
          "lines.\n\n"
          "With --format seed the file is a seed of a fuzzer's corpus, or what a fuzzer left of a "
          "crash; any bytes are one (corpus/SEED.md).\n\n"
          "The program is looked up as a shell does it, and its build id is kept; it is not run. A "
          "server takes each session as a connection of its own.",
      .operands = {{"INPUTS", "The inputs, in order; '-' reads them from standard input"}},
      .options = {{.name = "output",
                   .letter = 'o',
                   .value = Value::kText,
                   .argument = "FILE.reel",
                   .help = "Where the reel goes",
                   .required = true},
                  {.name = "kind",
                   .value = Value::kChoice,
                   .argument = "server|stdin|function",
                   .help = "Does the program take connections, read its standard input, or is it "
                           "a NAME-replay of crashreel_add_fuzz_target()?",
                   .fallback = "server"},
                  {.name = "format",
                   .value = Value::kChoice,
                   .argument = "jsonl|seed",
                   .help = "How the inputs are written: lines of JSON, or a fuzzer's file, such "
                           "as crash-SHA1",
                   .fallback = "jsonl"},
                  {.name = "file",
                   .value = Value::kText,
                   .argument = "NAME",
                   .help = "A file that the program needs, for example its configuration; it "
                           "travels in the reel",
                   .repeated = true},
                  {.name = "no-check",
                   .help = "The program is not on this machine: take its absolute path as given"}},
      .program = ProgramPart::kRequired,
      .statuses = {{kExitDone, "The reel is written"},
                   {kExitNotStarted, "There is no such program here, or it is not executable"}},
      .examples = {{"crashreel import inputs.jsonl --kind stdin -o crash.reel -- ./calc",
                    "For a program that reads its standard input"},
                   {"crashreel import crash-0b6e --format seed --kind function -o fuzz.reel -- "
                    "./calc-replay",
                    "What a fuzzer found in a program of crashreel_add_fuzz_target()"},
                   {"crashreel import inputs.jsonl --file server.conf -o server.reel "
                    "--no-check -- /opt/server/bin/server -f server.conf",
                    "For a server that is installed elsewhere, with its configuration"}},
      .run = run};
  return verb;
}

}  // namespace crashreel
