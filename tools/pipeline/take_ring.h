// What does a ring tell, with everything that this machine can add to it?
//
// Salvage, and then the frames: the addresses that the program left when it died become modules and
// offsets as long as its files are there, so that a replay has a crash to be compared with.
#pragma once

#include <optional>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/ring_crash_reader.h"
#include "capture/reel/salvage.h"

namespace crashreel {

struct TakenRing {
  SalvagedRing ring;
  std::optional<RingCrash> crash;  // what the program itself left
};

Result<TakenRing> take_ring(const std::string& path);
// Of a program that runs on. What is read goes to a nameless file in `scratch_folder` on the way.
Result<TakenRing> take_live_ring(const std::string& path, const std::string& scratch_folder);

// Signal, address and frames from the core dump of the same end, where the ring has none itself.
// Trouble::kUsage when it is of another process or another end.
Result<void> add_core_dump(const std::string& path, TakenRing& taken);

}  // namespace crashreel
