#include "corpus/exports/formats.h"

#include <array>

#include "corpus/seed_codec.h"

namespace crashreel {

std::span<const ExportFormat> export_formats() {
  static constexpr std::array<ExportFormat, 7> kFormats = {{
      {"afl", "a seed under a name as AFL++ has them", "", export_seed},
      {"raw", "the bytes of all inputs, one after the other", ".bin", export_raw},
      {"aflnet", "an AFLNet replay file of one session", ".aflnet", export_aflnet},
      {"pcapng", "a packet capture, each session a conversation", ".pcapng", export_pcapng},
      {"jsonl", "a JSON object for each input", ".jsonl", export_jsonl},
      {"c", "an array in C", ".h", export_c_array},
      {"googletest", "a regression test in C++", "_test.cc", export_googletest},
  }};
  return kFormats;
}

const ExportFormat* export_format(const std::string& name) {
  for (const ExportFormat& format : export_formats())
    if (name == format.name) return &format;
  return nullptr;
}

Result<std::string> export_seed(const Reel& reel, const std::string&) {
  return encode_seed(reel);
}

}  // namespace crashreel
