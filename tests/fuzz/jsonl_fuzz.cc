// Whatever the text is, it is refused with its line or read; what was read is written as lines that
// read the same.
#include <cstdint>
#include <string>

#include "capture/base/check.h"
#include "capture/reel/jsonl.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto inputs = parse_jsonl({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!inputs) {
    CRASHREEL_CHECK(inputs.error().message.starts_with("fuzz:"));
    return 0;
  }
  std::string text;
  for (const Input& input : *inputs) text += to_jsonl(input) + "\n";
  const auto again = parse_jsonl(text, "again");
  CRASHREEL_CHECK(again && *again == *inputs);
  return 0;
}
