// Why was a reel made?
#pragma once

#include <cstdint>

namespace crashreel {

enum class SaveReason : std::uint8_t {
  kUnknown,
  kCrash,     // a signal or a sanitizer ended the program
  kAbnormal,  // its exit status was not 0
  kAlways,    // it ended, and every end was asked for
  kSignal,    // somebody asked by a signal
  kRequest,   // the program asked
  kHang,      // it took no input any more
};

const char* name_of(SaveReason reason);  // "crash", "abnormal", ...

}  // namespace crashreel
