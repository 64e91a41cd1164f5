// Whatever the file is, it is refused by name or read, and what was read is within bounds.
#include <cstdint>
#include <string>

#include "capture/base/check.h"
#include "harness/elf.h"
#include "tests/fuzz/memory_file.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = memory_file(data, size);
  const auto elf = read_elf(path);
  if (!elf) {
    CRASHREEL_CHECK(elf.error().message.starts_with(path + ": "));
    return 0;
  }
  CRASHREEL_CHECK(elf->interpreter.size() <= size);
  CRASHREEL_CHECK(elf->build_id.size() <= 2 * size);
  for (const ElfSegment& segment : elf->segments) {
    if (segment.file_size == 0) continue;
    // The first segment that holds a byte decides, so another may have claimed it before.
    elf->address_of(segment.file_offset);
    elf->address_of(segment.file_offset + segment.file_size - 1);
  }
  elf->address_of(UINT64_MAX);
  return 0;
}
