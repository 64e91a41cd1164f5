// What did a program that is no more take in last?
//
// Makes a reel from the ring that it left. The bytes may be hostile: whatever is whole is given,
// what is not is counted or reported. It refuses to judge how the program ended: that is in the
// ring only if somebody noted it (ring_end.h).
//
// A running program's ring can be salvaged too. It is read chunk by chunk while it changes, so the
// newest few milliseconds may have gaps that are not counted.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/reel_reader.h"

namespace crashreel {

// Of Damage, lost_frames counts chunks that gave nothing. Memory is that of the inputs.
Result<ReadReel> salvage_ring(const std::string& path);
Result<ReadReel> salvage_ring_bytes(std::span<const std::byte> bytes, const std::string& name);

}  // namespace crashreel
