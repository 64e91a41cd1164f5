// What would start have found out on a machine that is not at hand?
//
// It looks whether the cycle counter is to be trusted, and tries out which way of copying large
// payloads is the fastest. A test that is linked with the archive says here, before it starts, what
// the answer is; the shared library shows this to nobody, and no option and no variable of the
// environment leads to it.
#pragma once

#include <cstdint>

namespace crashreel::ring {

enum class LargeCopies : std::uint8_t {
  kFastest,       // as tried out
  kWide,          // by the loop over wide registers
  kAroundCaches,  // by stores that the caches do not keep
};

struct Forced {
  LargeCopies large = LargeCopies::kFastest;
  bool without_cycles = false;  // stamps are the kernel's clock
};

extern constinit Forced g_forced;

}  // namespace crashreel::ring
