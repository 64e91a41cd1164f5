// crashreel corpus export: reproducers for other tools.

#include <charconv>
#include <filesystem>
#include <optional>

#include "capture/reel/new_file.h"
#include "corpus/exports/formats.h"
#include "corpus/store.h"
#include "tools/arguments.h"
#include "tools/choice_of.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/load.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

struct Exported {
  std::string from;
  std::string path;
  std::uint64_t bytes = 0;
};

Result<Exported> export_one(const std::string& from, const ExportFormat& format,
                            const std::optional<std::uint32_t>& session, const std::string& path,
                            Console& console) {
  Result<ReadReel> read = load(from);
  if (!read) return read.error();
  report_damage(console, from, read->damage);
  if (session)
    std::erase_if(read->reel.inputs, [&](const Input& input) { return input.session != *session; });
  if (read->reel.inputs.empty())
    return Error{Trouble::kUsage, from + ": has no such inputs; 'crashreel show " + from +
                                      " --inputs' lists sessions and inputs"};
  const Result<std::string> bytes = format.write(read->reel, fs::path(from).stem().string());
  if (!bytes) return bytes.error();
  Result<NewFile> file = NewFile::beside(path);
  if (!file) return file.error();
  if (Result<void> written = file->write(*bytes); !written) return written.error();
  if (Result<void> done = file->publish(); !done) return done.error();
  return Exported{from, path, bytes->size()};
}

// "id:000004,orig:0f3a...": AFL++ wants its names so; others are named by the seed.
std::string file_name_of(const std::string& seed, std::size_t number, const ExportFormat& format) {
  if (std::string(format.name) != "afl") return seed + format.suffix;
  const std::string digits = std::to_string(number);
  return "id:" + std::string(6 - std::min<std::size_t>(digits.size(), 6), '0') + digits +
         ",orig:" + seed;
}

Result<std::vector<Exported>> export_all(const std::string& from, const ExportFormat& format,
                                         const std::optional<std::uint32_t>& session,
                                         const std::string& to, Console& console) {
  std::vector<Exported> exported;
  if (!fs::is_directory(from)) {
    Result<Exported> one = export_one(from, format, session, to, console);
    if (!one) return one.error();
    exported.push_back(*std::move(one));
    return exported;
  }
  Result<Store> store = Store::open(from, /*create=*/false);
  if (!store) return store.error();
  const Result<Store::Listing> listing = store->list();
  if (!listing) return listing.error();
  std::error_code error;
  fs::create_directories(to, error);
  if (error)
    return Error{Trouble::kEnvironment,
                 to + ": can't be made a folder: " + error.message() + "; choose another place"};
  for (const Store::Entry& seed : listing->seeds) {
    const std::string path = to + "/" + file_name_of(seed.name, exported.size(), format);
    Result<Exported> one = export_one(store->path_of(seed.name), format, session, path, console);
    if (!one) return one.error();
    exported.push_back(*std::move(one));
  }
  return exported;
}

Result<std::optional<std::uint32_t>> session_of(const Arguments& arguments) {
  if (!arguments.has("session")) return std::optional<std::uint32_t>();
  const std::string& text = arguments.text("session");
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size())
    return std::optional<std::uint32_t>(number);
  return Error{Trouble::kUsage, "'--session' is the number of a session, not '" + visible(text) +
                                    "'; 'crashreel show FILE.reel --inputs' has them"};
}

Result<int> run_corpus_export(const Arguments& arguments, Console& console) {
  const ExportFormat* format = export_format(arguments.text("format"));
  CRASHREEL_CHECK(format != nullptr);
  const Result<std::optional<std::uint32_t>> session = session_of(arguments);
  if (!session) return session.error();
  const std::string& from = arguments.operands().front();
  const Result<std::vector<Exported>> exported =
      export_all(from, *format, *session, arguments.text("output"), console);
  if (!exported) return exported.error();
  if (console.json()) {
    Json answer = new_answer("corpus export");
    answer["files"] = Json::array();
    for (const Exported& one : *exported)
      answer["files"].push_back({{"from", one.from}, {"path", one.path}, {"bytes", one.bytes}});
    console.answer(answer);
    return kExitDone;
  }
  for (const Exported& one : *exported)
    console.print(visible(one.from) + " -> " + visible(one.path) + "\n");
  return kExitDone;
}

}  // namespace

const Verb& corpus_export_verb() {
  static const std::string formats = choice_of(export_formats());
  static const Verb verb{
      .name = "corpus export",
      .summary = "Give reproducers to other tools: AFL++, AFLNet, Wireshark, GoogleTest, ...",
      .text =
          "Of one reel or seed a file is made, of a corpus a folder with a file for each seed. "
          "Formats: " +
          text_of_choice(export_formats()) + ". corpus/exports/EXPORTS.md says more of each.",
      .operands = {{"FROM", "A reel, a seed in a corpus, or a corpus directory"}},
      .options = {{.name = "format",
                   .value = Value::kChoice,
                   .argument = formats,
                   .help = "What is made",
                   .required = true},
                  {.name = "output",
                   .letter = 'o',
                   .value = Value::kText,
                   .argument = "PATH",
                   .help = "The file; of a corpus the folder, which is made where it is missing",
                   .required = true},
                  {.name = "session",
                   .value = Value::kText,
                   .argument = "N",
                   .help = "Only the inputs of one session, by its number in 'show --inputs'"}},
      .statuses = {{kExitDone, "Exported"},
                   {kExitDamaged, "A reel is damaged beyond use; those before it are exported"}},
      .examples = {{"crashreel corpus export min.reel --format googletest -o min_test.cc",
                    "A regression test of a reproducer"},
                   {"crashreel corpus export corpus --format afl -o afl-seeds",
                    "All seeds, for AFL++"}},
      .run = run_corpus_export};
  return verb;
}

}  // namespace crashreel
