// Files of records: refused with the record's place, or cut into inputs that are the file again.
#include <cstdint>
#include <string_view>

#include "capture/base/check.h"
#include "corpus/exports/formats.h"
#include "corpus/imports/formats.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* format : {"raw", "lines"}) {
    const auto imported = import_format(format)->read(bytes, "fuzz", {});
    CRASHREEL_CHECK(imported.has_value());
    CRASHREEL_CHECK(*export_raw(Reel{.inputs = imported->inputs}, "fuzz") == bytes);
  }
  const auto messages = import_aflnet(bytes, "fuzz", {});
  if (messages) CRASHREEL_CHECK(*export_aflnet(Reel{.inputs = messages->inputs}, "fuzz") == bytes);
  for (const std::uint32_t prefix : {1U, 2U, 4U}) {
    const auto records = import_length_prefixed(bytes, "fuzz", {.prefix_bytes = prefix});
    if (!records) CRASHREEL_CHECK(records.error().message.starts_with("fuzz: record "));
  }
  return 0;
}
