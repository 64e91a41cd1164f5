// What does a session's opening say?
//
// "TRANSPORT DIRECTION LOCAL [PEER] [fd:N]" (capture/preload/RECORDER.md), which may be any bytes:
// of what is not said as it should be there is nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/player/script.h"

namespace crashreel {

// Borrowed from the text.
struct Opening {
  std::string_view transport;  // without "+tls"
  bool has_tls = false;
  bool is_outbound = false;
  bool is_inherited = false;  // the program had it from its start
  std::string_view local;
  std::string_view peer;

  Way way() const;
  // Which listener was called, or whom the program called (place.h).
  std::uint32_t place() const;
};

Opening read_opening(std::string_view text);

}  // namespace crashreel
