// What did a program take in last?
//
// Makes a reel from the ring that it left, or still writes. The bytes may be hostile: whatever is
// whole is given, what is not is counted or reported. It refuses to judge how the program ended:
// that is in the ring only if somebody noted it (ring_end.h).
//
// A scan goes through the records' headers once, from the newest to the oldest, and comes to know
// everything but the payloads; these are read later, in the order of the reel and as often as
// somebody asks. Files are read and not mapped: faults cost a mapping of a GiB more time than
// copying it does, and a mapping that somebody cuts is a SIGBUS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/input_source.h"
#include "capture/reel/reel_reader.h"

namespace crashreel {

struct SalvagedRing {
  Reel reel;                            // all but the inputs
  Damage damage;                        // lost_frames counts chunks that gave nothing
  std::uint64_t counted_inputs = 0;     // in the narrow sense
  std::unique_ptr<InputSource> inputs;  // reads the ring, which is kept open
};

// Memory grows with the number of chunks, and of session heads and pins, not with their bytes or
// the inputs in them; besides, of each chunk that some thread was writing at one time, the records'
// headers during the scan, and a part of its bytes later; and the largest input.
Result<SalvagedRing> scan_ring(const std::string& path);

// Of a program that runs on: the same promises hold up to the moment of the reading. What is being
// recorded then is left out and not counted as torn. A program that overwrites its whole ring while
// it is read leaves no tail to be had, or only a short one. What is read goes to a file without a
// name in `scratch_folder`, at most as large as the ring and gone with the result.
Result<SalvagedRing> scan_live_ring(const std::string& path, const std::string& scratch_folder);

// The bytes must outlive the result.
Result<SalvagedRing> scan_ring_bytes(std::span<const std::byte> bytes, const std::string& name);

}  // namespace crashreel
