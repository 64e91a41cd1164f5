// In which forms do inputs come in that no recorder of ours kept?
//
// A table: a new form is a file here and a line in formats.cc. Each takes the bytes of one file,
// which may be hostile, and gives the inputs of a program; which program, it does not know.
// IMPORTS.md says what one input is in each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

struct ImportSettings {
  std::uint16_t port = 0;          // of the server, in a packet capture; 0: not said
  std::uint32_t prefix_bytes = 4;  // of a length: 1, 2 or 4
  bool little_endian = false;
};

struct ImportedInputs {
  std::vector<Input> inputs;            // seqs rise
  std::uint64_t start_realtime_ns = 0;  // of time 0, since 1970; 0: not known
  std::vector<std::string> notes;       // for people: what is missing, a line each
};

struct ImportFormat {
  const char* name;  // "pcap"
  const char* what;  // half a sentence for the help
  // `name` is the file's, for errors.
  Result<ImportedInputs> (*read)(std::string_view bytes, const std::string& name,
                                 const ImportSettings& settings);
};

std::span<const ImportFormat> import_formats();
const ImportFormat* import_format(const std::string& name);  // null: there is none

// The forms, one a function.
Result<ImportedInputs> import_jsonl(std::string_view bytes, const std::string& name,
                                    const ImportSettings& settings);
Result<ImportedInputs> import_raw(std::string_view bytes, const std::string& name,
                                  const ImportSettings& settings);
Result<ImportedInputs> import_seed(std::string_view bytes, const std::string& name,
                                   const ImportSettings& settings);
Result<ImportedInputs> import_lines(std::string_view bytes, const std::string& name,
                                    const ImportSettings& settings);
Result<ImportedInputs> import_aflnet(std::string_view bytes, const std::string& name,
                                     const ImportSettings& settings);
Result<ImportedInputs> import_length_prefixed(std::string_view bytes, const std::string& name,
                                              const ImportSettings& settings);
Result<ImportedInputs> import_pcap(std::string_view bytes, const std::string& name,
                                   const ImportSettings& settings);

}  // namespace crashreel
