// How does a list of inputs from elsewhere become a reel?
//
// From a packet capture, a log or a hand: a file says what was received (corpus/imports/formats.h),
// the command line says by which program. Nothing is run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "corpus/imports/formats.h"

namespace crashreel {

struct ImportOptions {
  const ImportFormat* format = import_format("jsonl");
  ImportSettings settings;
  TargetKind kind = TargetKind::kServer;
  std::vector<std::string> argv;   // of the program; argv[0] is how it is named
  std::vector<std::string> files;  // to travel in the reel under the names given here
  std::string search_path;         // $PATH, for a program named without a slash
  bool program_is_here = true;     // false: argv[0] is taken as it stands, it must be absolute
};

struct ImportedReel {
  Reel reel;
  std::vector<std::string> notes;  // for people: what is missing
};

// `bytes` are the file's; `name` is what errors call it.
Result<ImportedReel> import_inputs(std::string_view bytes, const std::string& name,
                                   const ImportOptions& options);

}  // namespace crashreel
