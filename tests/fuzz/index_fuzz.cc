// Whatever stands in an index, its lines are read or counted as broken, and what was read is
// written as lines that read the same.
#include <cstdint>
#include <string>

#include "capture/base/check.h"
#include "corpus/buckets.h"
#include "corpus/index.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ReadIndex index = parse_index({reinterpret_cast<const char*>(data), size});
  CRASHREEL_CHECK(index.seeds.size() + index.broken_lines <= index.lines);
  std::string text;
  std::vector<SeedFacts> facts;
  for (const auto& [name, seed] : index.seeds) {
    text += to_index_line(seed);
    facts.push_back(seed);
  }
  const ReadIndex again = parse_index(text);
  CRASHREEL_CHECK(again.seeds == index.seeds && again.broken_lines == 0);
  std::size_t members = 0;
  for (const Bucket& bucket : buckets_of(facts)) members += bucket.members.size();
  CRASHREEL_CHECK(members <= facts.size());
  return 0;
}
