// Of any bytes every mutant is a seed within its bound, and the shortest of its inputs; so is what
// comes of two.
#include <algorithm>
#include <cstdint>
#include <string>

#include "capture/base/check.h"
#include "corpus/mutator.h"
#include "corpus/seed_codec.h"

using namespace crashreel;

namespace {

void check(const std::string& out, std::size_t size, std::size_t most) {
  CRASHREEL_CHECK(size <= most);
  const std::string seed = out.substr(0, size);
  CRASHREEL_CHECK(encode_seed(decode_seed(seed)) == seed);
}

}  // namespace

// The first bytes are the bound and the number.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t most = data[0] + std::size_t{1};
  const std::uint64_t number = data[1] * 256u + data[2];
  const std::string seed(reinterpret_cast<const char*>(data) + 3, size - 3);
  SeedMutator mutator(nullptr);
  mutator.learn(seed);
  std::string out = seed;
  out.resize(std::max(seed.size(), most));
  auto* const room = reinterpret_cast<std::uint8_t*>(out.data());
  check(out, mutator.mutate(room, std::min(seed.size(), most), most, number), most);
  check(out, mutator.cross(seed, seed.substr(seed.size() / 2), room, most, number), most);
  return 0;
}
