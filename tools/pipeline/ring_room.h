// How large must a ring be to keep so much?
//
// The other way round than a ring is laid out (RING.md): from records to the size that `record
// --ring` is given. On the safe side: a ring of that size keeps them in whatever number of threads
// they were taken in, with all that a ring has room for beside its tail.
#pragma once

#include <cstdint>
#include <optional>

#include "capture/reel/reel.h"

namespace crashreel {

// What one record of that payload takes.
std::uint64_t record_bytes_in_ring(std::uint64_t payload_bytes);

// The size of a ring whose tail keeps records of so many bytes; none where no ring is that large.
std::optional<std::uint64_t> ring_that_keeps(std::uint64_t record_bytes);

// What all records since the program's start took, those included that are not in the reel. Of some
// of these the bytes are not known and taken as those of the others on the average.
std::uint64_t record_bytes_since_start(const Reel& reel);

}  // namespace crashreel
