// What did a program take in last?
//
// Makes a reel from the ring that it left, or still writes. The bytes may be hostile: whatever is
// whole is given, what is not is counted or reported. It refuses to judge how the program ended:
// that is in the ring only if somebody noted it (ring_end.h).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/reel_reader.h"

namespace crashreel {

// Of Damage, lost_frames counts chunks that gave nothing. Memory is that of the inputs.
Result<ReadReel> salvage_ring(const std::string& path);
// Of a program that runs on: the same promises hold up to the moment of the reading. What is being
// recorded then is left out and not counted as torn. A program that overwrites its whole ring while
// it is read leaves no tail to be had, or only a short one.
Result<ReadReel> salvage_live_ring(const std::string& path);
Result<ReadReel> salvage_ring_bytes(std::span<const std::byte> bytes, const std::string& name);

}  // namespace crashreel
