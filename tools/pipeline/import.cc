#include "tools/pipeline/import.h"

#include <sys/stat.h>

#include <filesystem>

#include "capture/reel/reel_format.h"
#include "capture/reel/reel_writer.h"
#include "harness/elf.h"
#include "tools/pipeline/find_program.h"
#include "tools/pipeline/read_file.h"

namespace crashreel {
namespace {

Result<Program> program_of(const ImportOptions& options) {
  Program program;
  program.kind = options.kind;
  program.argv = options.argv;
  const std::string& name = options.argv.front();
  if (!options.program_is_here) {
    if (!name.starts_with("/")) {
      return Error{Trouble::kUsage,
                   name + ": a program that is not looked for needs its absolute path"};
    }
    program.executable = name;
    return program;
  }
  Result<std::string> path = find_program(name, options.search_path);
  if (!path) {
    return Error{path.error().trouble,
                 path.error().message + "; or say --no-check where it is not on this machine"};
  }
  program.executable = *path;
  // A script has none, and its interpreter's would say nothing of it.
  if (Result<ElfFile> elf = read_elf(program.executable)) program.build_id = elf->build_id;
  return program;
}

Result<ReelFile> file_of(const std::string& path) {
  Result<std::string> bytes = read_file(path, kMaxPayloadBytes);
  if (!bytes) return bytes.error();
  struct stat status{};
  bool known = stat(path.c_str(), &status) == 0;
  ReelFile file{.path = path, .bytes = *std::move(bytes)};
  if (known) file.mode = status.st_mode & 07777;
  return file;
}

// A replay puts every file under its base name into one directory.
Result<void> check_names(const std::vector<std::string>& files) {
  std::vector<std::string> seen;
  for (const std::string& path : files) {
    std::string base = std::filesystem::path(path).filename();
    for (const std::string& other : seen) {
      if (base != other) continue;
      return Error{Trouble::kUsage, path + ": a second file named '" + base +
                                        "'; files of a reel lie in one directory when replayed"};
    }
    seen.push_back(base);
  }
  return {};
}

}  // namespace

Result<ImportedReel> import_inputs(std::string_view bytes, const std::string& name,
                                   const ImportOptions& options) {
  CRASHREEL_CHECK(!options.argv.empty() && options.format != nullptr);
  ImportedReel imported;
  Reel& reel = imported.reel;
  Result<Program> program = program_of(options);
  if (!program) return program.error();
  reel.program = *std::move(program);
  Result<ImportedInputs> read = options.format->read(bytes, name, options.settings);
  if (!read) return read.error();
  reel.inputs = std::move(read->inputs);
  reel.program.start_realtime_ns = read->start_realtime_ns;
  imported.notes = std::move(read->notes);
  if (reel.inputs.empty()) {
    return Error{Trouble::kUsage, name + ": no inputs; of format " + options.format->name + " is " +
                                      options.format->what + ", for example (of jsonl) " +
                                      R"({"session":1,"data":"UElORwo="})"};
  }
  if (Result<void> good = check_names(options.files); !good) return good.error();
  for (const std::string& path : options.files) {
    Result<ReelFile> file = file_of(path);
    if (!file) return file.error();
    reel.files.push_back(*std::move(file));
  }
  // Whoever numbered the inputs counted from the program's start.
  reel.loss.first_kept_seq = reel.inputs.front().seq;
  reel.loss.reaches_start = reel.inputs.front().seq <= 1;
  if (Result<void> good = check_reel(reel, name); !good) return good.error();
  return imported;
}

}  // namespace crashreel
