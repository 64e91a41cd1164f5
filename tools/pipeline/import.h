// How does a list of inputs from elsewhere become a reel?
//
// From a packet capture, a log or a hand: lines of JSON say what was received; or a fuzzer's file
// is it. The command line says by which program. Nothing is run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

// How the inputs are written down.
enum class ImportFormat {
  kJsonl,  // capture/reel/jsonl.h
  kSeed,   // corpus/SEED.md: any bytes, such as what a fuzzer left of a crash
};

struct ImportOptions {
  TargetKind kind = TargetKind::kServer;
  std::vector<std::string> argv;   // of the program; argv[0] is how it is named
  std::vector<std::string> files;  // to travel in the reel under the names given here
  std::string search_path;         // $PATH, for a program named without a slash
  ImportFormat format = ImportFormat::kJsonl;
  bool program_is_here = true;  // false: argv[0] is taken as it stands, it must be absolute
};

// `text` is the file's bytes; `name` is what errors call them.
Result<Reel> import_inputs(std::string_view text, const std::string& name,
                           const ImportOptions& options);

}  // namespace crashreel
