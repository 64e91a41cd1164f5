// crashreel import: inputs from elsewhere become a reel.

#include <cstdlib>

#include "capture/reel/reel_writer.h"
#include "tools/arguments.h"
#include "tools/choice_of.h"
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

ImportSettings settings_of(const Arguments& arguments) {
  ImportSettings settings;
  if (arguments.has("port")) settings.port = static_cast<std::uint16_t>(arguments.count("port"));
  const std::string& prefix = arguments.text("prefix");
  settings.prefix_bytes = static_cast<std::uint32_t>(prefix[0] - '0');
  settings.little_endian = prefix.ends_with("le");
  return settings;
}

Result<int> run_import(const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  Result<std::string> text = read_file(path, kMaxLinesBytes);
  if (!text) return text.error();

  const char* search_path = std::getenv("PATH");
  ImportOptions options{.format = import_format(arguments.text("format")),
                        .settings = settings_of(arguments),
                        .kind = kind_of(arguments.text("kind")),
                        .argv = *arguments.program(),
                        .files = arguments.all("file"),
                        .search_path = search_path == nullptr ? "" : search_path,
                        .program_is_here = !arguments.has("no-check")};
  Result<ImportedReel> imported =
      import_inputs(*text, path == "-" ? "standard input" : path, options);
  if (!imported) return imported.error();
  for (const std::string& note : imported->notes) console.complain("import: " + note);

  const std::string& output = arguments.text("output");
  if (Result<void> written = write_reel(imported->reel, output); !written) return written.error();
  report_written(console, "import", output, summary_of({std::move(imported->reel), {}}));
  return kExitDone;
}

std::vector<Option> import_options() {
  return {{.name = "output",
           .letter = 'o',
           .value = Value::kText,
           .argument = "FILE.reel",
           .help = "Where the reel goes",
           .required = true},
          {.name = "format",
           .value = Value::kChoice,
           .argument = choice_of(import_formats()),
           .help = "What INPUTS is",
           .fallback = "jsonl"},
          {.name = "port",
           .value = Value::kCount,
           .argument = "NUMBER",
           .help = "Of the server, in a packet capture: what others received is left out",
           .most = 65535},
          {.name = "prefix",
           .value = Value::kChoice,
           .argument = "1|2be|2le|4be|4le",
           .help = "Of length-prefixed inputs: bytes of the length, and their order",
           .fallback = "4be"},
          {.name = "kind",
           .value = Value::kChoice,
           .argument = "server|stdin|function",
           .help = "Does the program take connections, read its standard input, or is it "
                   "a NAME-replay of crashreel_add_fuzz_target()?",
           .fallback = "server"},
          {.name = "file",
           .value = Value::kText,
           .argument = "NAME",
           .help = "A file that the program needs, for example its configuration; it "
                   "travels in the reel",
           .repeated = true},
          {.name = "no-check",
           .help = "The program is not on this machine: take its absolute path as given"}};
}

}  // namespace

const Verb& import_verb() {
  static const Verb verb{
      .name = "import",
      .summary = "Make a reel of inputs that were kept in another way",
      .text =
          "Of format jsonl, each line is one JSON object, one thing that the program received. "
          "'session' (a number) and 'data' (base64) are required; 'kind' is \"data\" unless it "
          "says "
          "\"open\", \"close\", \"signal\", \"clock\", \"random\" or \"note\"; 'seq', 'time_ns' "
          "and "
          "'thread' are filled in where they are missing. 'crashreel show --jsonl' writes the same "
          "lines. Of a packet capture an input is what a client sent in one go, up to a segment "
          "with PSH. All formats: " +
          text_of_choice(import_formats()) +
          ". corpus/imports/IMPORTS.md says what one input is in each.\n\n"
          "The program is looked up as a shell does it, and its build id is kept; it is not run. A "
          "server takes each session as a connection of its own.",
      .operands = {{"INPUTS", "The inputs, in order; '-' reads them from standard input"}},
      .options = import_options(),
      .program = ProgramPart::kRequired,
      .statuses = {{kExitDone, "The reel is written"},
                   {kExitNotStarted, "There is no such program here, or it is not executable"}},
      .examples = {{"crashreel import inputs.jsonl --kind stdin -o crash.reel -- ./calc",
                    "For a program that reads its standard input"},
                   {"crashreel import crash-0b6e --format seed --kind function -o fuzz.reel -- "
                    "./calc-replay",
                    "What a fuzzer found in a program of crashreel_add_fuzz_target()"},
                   {"crashreel import commands.txt --format lines --kind stdin -o lines.reel -- "
                    "./calc",
                    "Of a text, each line an input"},
                   {"crashreel import traffic.pcap --format pcap --port 6379 -o day.reel -- "
                    "./server --port 6379",
                    "What 'tcpdump -w traffic.pcap' saw"},
                   {"crashreel import inputs.jsonl --file server.conf -o server.reel "
                    "--no-check -- /opt/server/bin/server -f server.conf",
                    "For a server that is installed elsewhere, with its configuration"}},
      .run = run_import};
  return verb;
}

}  // namespace crashreel
