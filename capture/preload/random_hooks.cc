// The calls that make random bytes.
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "capture/preload/hidden.h"
#include "capture/preload/hooks.h"

namespace crashreel {

void prepare_random_hooks() {
  CRASHREEL_REAL(getrandom);
  CRASHREEL_REAL(getentropy);
  CRASHREEL_REAL(arc4random);
  CRASHREEL_REAL(arc4random_uniform);
  CRASHREEL_REAL(arc4random_buf);
}

namespace {

// A number is recorded as its bytes lie in memory.
std::uint32_t noted_number(std::uint32_t number) {
  random_came(&number, sizeof number);
  return number;
}

}  // namespace
}  // namespace crashreel

CRASHREEL_HOOK ssize_t getrandom(void* bytes, std::size_t size, unsigned flags) {
  const ssize_t got = CRASHREEL_REAL(getrandom)(bytes, size, flags);
  if (got > 0) crashreel::random_came(bytes, static_cast<std::size_t>(got));
  return got;
}

CRASHREEL_HOOK int getentropy(void* bytes, std::size_t size) {
  const int result = CRASHREEL_REAL(getentropy)(bytes, size);
  if (result == 0) crashreel::random_came(bytes, size);
  return result;
}

CRASHREEL_HOOK std::uint32_t arc4random() noexcept {
  return crashreel::noted_number(CRASHREEL_REAL(arc4random)());
}

CRASHREEL_HOOK std::uint32_t arc4random_uniform(std::uint32_t bound) noexcept {
  return crashreel::noted_number(CRASHREEL_REAL(arc4random_uniform)(bound));
}

CRASHREEL_HOOK void arc4random_buf(void* bytes, std::size_t size) noexcept {
  CRASHREEL_REAL(arc4random_buf)(bytes, size);
  crashreel::random_came(bytes, size);
}
