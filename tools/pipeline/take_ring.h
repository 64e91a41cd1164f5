// What does a ring tell, with everything that this machine can add to it?
//
// Salvage, and then the frames: the addresses that the program left when it died become modules and
// offsets as long as its files are there, so that a replay has a crash to be compared with.
#pragma once

#include <optional>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/reel_reader.h"
#include "capture/reel/ring_crash_reader.h"

namespace crashreel {

struct TakenRing {
  ReadReel read;
  std::optional<RingCrash> crash;  // what the program itself left
};

Result<TakenRing> take_ring(const std::string& path);

}  // namespace crashreel
