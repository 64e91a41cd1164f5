// Whatever the file is, it is refused by name or read, and what was read is within bounds.
#include <signal.h>

#include <cstdint>
#include <string>

#include "capture/base/check.h"
#include "harness/core_dump.h"
#include "harness/player/script.h"
#include "tests/fuzz/memory_file.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = memory_file(data, size);
  const auto dump = read_core_dump(path);
  if (!dump) {
    CRASHREEL_CHECK(dump.error().message.starts_with(path + ": "));
    return 0;
  }
  const RingCrash& crash = dump->crash;
  CRASHREEL_CHECK(crash.taken && crash.signal > 0 && crash.signal < NSIG);
  CRASHREEL_CHECK(!crash.frames.empty() && crash.frames.size() <= kMaxCrashFrames);
  CRASHREEL_CHECK(crash.maps.size() <= kMaxCrashMaps + 8192);
  CRASHREEL_CHECK(crash.maps.empty() || crash.maps.back() == '\n');
  CRASHREEL_CHECK(crash.stack.size() <= kMaxCrashStack);
  return 0;
}
