// crashreel import: lines of JSON from elsewhere become a reel.

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

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  Result<std::string> text = read_file(path, kMaxLinesBytes);
  if (!text) return text.error();

  const char* search_path = std::getenv("PATH");
  ImportOptions options{
      .kind = arguments.text("kind") == "stdin" ? TargetKind::kStdin : TargetKind::kServer,
      .argv = *arguments.program(),
      .files = arguments.all("file"),
      .search_path = search_path == nullptr ? "" : search_path,
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
          "Each line of INPUTS.jsonl is one JSON object, one thing that the program received. "
          "'session' (a number) and 'data' (base64) are required; 'kind' is \"data\" unless it "
          "says "
          "\"open\", \"close\", \"signal\", \"clock\", \"random\" or \"note\"; 'seq', 'time_ns' "
          "and "
          "'thread' are filled in where they are missing. 'crashreel show --jsonl' writes the same "
          "lines.\n\n"
          "The program is looked up as a shell does it, and its build id is kept; it is not run. A "
          "server takes each session as a connection of its own.",
      .operands = {{"INPUTS.jsonl", "The inputs, in order; '-' reads them from standard input"}},
      .options = {{.name = "output",
                   .letter = 'o',
                   .value = Value::kText,
                   .argument = "FILE.reel",
                   .help = "Where the reel goes",
                   .required = true},
                  {.name = "kind",
                   .value = Value::kChoice,
                   .argument = "server|stdin",
                   .help = "Does the program take connections, or read its standard input?",
                   .fallback = "server"},
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
                   {"crashreel import inputs.jsonl --file server.conf -o server.reel "
                    "--no-check -- /opt/server/bin/server -f server.conf",
                    "For a server that is installed elsewhere, with its configuration"}},
      .run = run};
  return verb;
}

}  // namespace crashreel
