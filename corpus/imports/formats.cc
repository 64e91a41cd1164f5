#include "corpus/imports/formats.h"

#include <array>

#include "capture/reel/jsonl.h"
#include "corpus/seed_codec.h"

namespace crashreel {

std::span<const ImportFormat> import_formats() {
  static constexpr std::array<ImportFormat, 7> kFormats = {{
      {"jsonl", "a JSON object a line, as 'crashreel show --jsonl' writes them", import_jsonl},
      {"seed", "a seed of a corpus, or what a fuzzer left of a crash (crash-SHA1)", import_seed},
      {"raw", "one input, for example an artifact of another fuzz target", import_raw},
      {"lines", "each line is an input", import_lines},
      {"aflnet", "an AFLNet replay file: lengths and messages", import_aflnet},
      {"length-prefixed", "each input behind its length, see --prefix", import_length_prefixed},
      {"pcap", "a packet capture (pcap or pcapng): what --port of the server received",
       import_pcap},
  }};
  return kFormats;
}

const ImportFormat* import_format(const std::string& name) {
  for (const ImportFormat& format : import_formats())
    if (name == format.name) return &format;
  return nullptr;
}

Result<ImportedInputs> import_jsonl(std::string_view bytes, const std::string& name,
                                    const ImportSettings&) {
  Result<std::vector<Input>> inputs = parse_jsonl(bytes, name);
  if (!inputs) return inputs.error();
  return ImportedInputs{.inputs = *std::move(inputs)};
}

// Any bytes are one.
Result<ImportedInputs> import_seed(std::string_view bytes, const std::string&,
                                   const ImportSettings&) {
  return ImportedInputs{.inputs = std::move(decode_seed(bytes).inputs)};
}

}  // namespace crashreel
