// The forms that are one session's inputs, one after the other, with more or less around them.
#include <algorithm>

#include "capture/reel/reel_format.h"
#include "corpus/imports/formats.h"

namespace crashreel {
namespace {

void add(ImportedInputs& imported, std::string_view data) {
  Input input;
  input.seq = imported.inputs.size();
  input.session = 0;
  input.kind = InputKind::kData;
  input.data = data;
  imported.inputs.push_back(std::move(input));
}

std::uint64_t number_of(std::string_view bytes, bool little_endian) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t at = little_endian ? bytes.size() - 1 - i : i;
    number = number << 8 | static_cast<unsigned char>(bytes[at]);
  }
  return number;
}

Result<ImportedInputs> read_records(std::string_view bytes, const std::string& name,
                                    std::size_t prefix, bool little_endian) {
  ImportedInputs imported;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto trouble = [&](const std::string& what) {
      return Error{Trouble::kUsage, name + ": record " +
                                        std::to_string(imported.inputs.size() + 1) + " at byte " +
                                        std::to_string(at) + ": " + what +
                                        "; is the length of another size or order?"};
    };
    if (bytes.size() - at < prefix) return trouble("its length is cut off");
    const std::uint64_t size = number_of(bytes.substr(at, prefix), little_endian);
    if (size > kMaxPayloadBytes || size > bytes.size() - at - prefix)
      return trouble("length " + std::to_string(size) + " exceeds the " +
                     std::to_string(bytes.size() - at - prefix) + " bytes that are left");
    add(imported, bytes.substr(at + prefix, size));
    at += prefix + size;
  }
  return imported;
}

}  // namespace

Result<ImportedInputs> import_raw(std::string_view bytes, const std::string&,
                                  const ImportSettings&) {
  ImportedInputs imported;
  if (!bytes.empty()) add(imported, bytes);
  return imported;
}

Result<ImportedInputs> import_lines(std::string_view bytes, const std::string&,
                                    const ImportSettings&) {
  ImportedInputs imported;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end + 1;
    add(imported, bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return imported;
}

Result<ImportedInputs> import_aflnet(std::string_view bytes, const std::string& name,
                                     const ImportSettings&) {
  return read_records(bytes, name, 4, /*little_endian=*/true);
}

Result<ImportedInputs> import_length_prefixed(std::string_view bytes, const std::string& name,
                                              const ImportSettings& settings) {
  return read_records(bytes, name, settings.prefix_bytes, settings.little_endian);
}

}  // namespace crashreel
