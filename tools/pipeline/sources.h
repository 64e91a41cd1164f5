// What makes a run of this program what it is, as far as its reel tells?
//
// Whatever may differ from one run to the next: sessions, times, random bytes, signals, files. Of
// each: how much of it there was, whether it is in the reel, and whether a replay brings it back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/reel/reel.h"
#include "tools/pipeline/unrecorded.h"

namespace crashreel {

struct Source {
  std::string name;        // "tcp inbound", "clock: realtime", "random bytes"
  std::uint64_t seen = 0;  // so many of `unit`
  std::string unit;        // "session", "look", "byte"
  bool recorded = true;
  bool replayed = true;
  std::string remark{};  // what follows from it; empty: nothing
};

std::vector<Source> sources_in(const Reel& reel);
// Of the running program, held against the reel.
std::vector<Source> sources_in(const ProcessLook& look, const Reel& reel);

}  // namespace crashreel
