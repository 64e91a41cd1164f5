// A file to be split may hold anything: the pieces lie in it in order, and all of them are the
// whole.
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include "capture/base/check.h"
#include "tools/pipeline/split.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* word : {"lines", "bytes", "json", "length-prefixed:1", "regex:a+|$"}) {
    for (std::uint32_t level = 0; level < 3; ++level) {
      const Result<Pieces> pieces = split(text, parse_split_rule(word).value(), level);
      if (!pieces) continue;
      std::vector<std::uint32_t> kept(pieces->size());
      std::iota(kept.begin(), kept.end(), 0U);
      CRASHREEL_CHECK(pieces->join(kept) == text);
      std::erase_if(kept, [](std::uint32_t index) { return index % 2 == 0; });
      CRASHREEL_CHECK(pieces->join(kept).size() <= size);
    }
  }
  return 0;
}
