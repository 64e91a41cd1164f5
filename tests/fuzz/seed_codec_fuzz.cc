// Any bytes are a canonical reel, which encodes to bytes, no longer ones, that are the same reel.
#include <cstdint>
#include <string>

#include "capture/base/check.h"
#include "corpus/seed_codec.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Reel reel = decode_seed({reinterpret_cast<const char*>(data), size});
  CRASHREEL_CHECK(canonical(reel) == reel);
  const std::string seed = encode_seed(reel);
  CRASHREEL_CHECK(seed.size() <= size);
  CRASHREEL_CHECK(decode_seed(seed) == reel);
  return 0;
}
