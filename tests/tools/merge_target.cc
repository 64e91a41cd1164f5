// A libFuzzer target of the tests' own: what it reaches is decided by which of three words a seed
// holds, and the word "die" kills it. Searched by the C library, whose loops are not coverage.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

volatile int reached = 0;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (memmem(data, size, "die", 3) != nullptr) std::abort();
  if (memmem(data, size, "PING", 4) != nullptr) reached = 1;
  if (memmem(data, size, "SET", 3) != nullptr) reached = 2;
  if (memmem(data, size, "GET", 3) != nullptr) reached = 3;
  return 0;
}
