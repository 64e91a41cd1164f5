// A libFuzzer target of the tests' own: what it reaches is decided by which of three words a seed
// holds, and the word "die" kills it,
// without a stack that takes a second to be named. Searched by the C library, whose loops are not
// coverage.
#include <signal.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

volatile int reached = 0;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (memmem(data, size, "die", 3) != nullptr) ::kill(::getpid(), SIGKILL);
  if (memmem(data, size, "PING", 4) != nullptr) reached = 1;
  if (memmem(data, size, "SET", 3) != nullptr) reached = 2;
  if (memmem(data, size, "GET", 3) != nullptr) reached = 3;
  return 0;
}
