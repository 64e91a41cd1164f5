// How did the recorded program end, and how does its ring come to know it?
//
// The program itself can't say. Whoever collected its exit status writes it into the ring, in place
// of anything noted before; salvage reads it. RING.md, "End".
#pragma once

#include <optional>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "capture/reel/ring_image.h"

namespace crashreel {

// The ring's other bytes stay as they are. A time_ns of 0 becomes the time since the program's
// start, by this machine's monotonic clock: note the end as soon as it is known. What does not fit
// the 4 KiB that the ring has for it is left out: the outermost frames.
Result<void> note_end(const std::string& ring_path, const CrashFacts& facts);

struct RingEnd {
  CrashFacts facts;    // facts.known is false where nothing was noted
  std::string damage;  // empty, or why what was noted can't be read
};
RingEnd read_end(const RingImage& image);

}  // namespace crashreel
