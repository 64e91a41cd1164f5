// A zoo program as somebody who knows libFuzzer makes a target of it: lines, each of which begins
// with its session's digit.
#include <cstdint>
#include <string_view>

#include "capture/runtime/adapter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  void* const instance = crashreel_adapter_start();
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    if (line.size() < 2) continue;
    const auto session = static_cast<std::uint32_t>(line[0] - '0');
    crashreel_adapter_input(instance, session, CRASHREEL_INPUT_DATA, line.data() + 1,
                            line.size() - 1);
  }
  crashreel_adapter_stop(instance);
  return 0;
}
