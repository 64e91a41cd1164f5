// In which forms does a reproducer leave for other tools?
//
// A table: a new form is a file here and a line in formats.cc. Each makes the bytes of one file of
// one reel; EXPORTS.md says what they hold. Nothing here reads or writes files.
#pragma once

#include <span>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

struct ExportFormat {
  const char* name;    // "pcapng"
  const char* what;    // half a sentence for the help
  const char* suffix;  // of a file's name: ".pcapng"; may be empty
  // `name` is the reel's, for errors and for names inside the file.
  Result<std::string> (*write)(const Reel& reel, const std::string& name);
};

std::span<const ExportFormat> export_formats();
const ExportFormat* export_format(const std::string& name);  // null: there is none

// The forms, one a file.
Result<std::string> export_seed(const Reel& reel, const std::string& name);
Result<std::string> export_raw(const Reel& reel, const std::string& name);
Result<std::string> export_aflnet(const Reel& reel, const std::string& name);
Result<std::string> export_pcapng(const Reel& reel, const std::string& name);
Result<std::string> export_jsonl(const Reel& reel, const std::string& name);
Result<std::string> export_c_array(const Reel& reel, const std::string& name);
Result<std::string> export_googletest(const Reel& reel, const std::string& name);

}  // namespace crashreel
