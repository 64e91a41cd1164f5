// What if a record is not the usual case: another chunk is needed, or a second one, or the slot was
// not set up, or nothing is recorded?
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/runtime/ring.h"

namespace crashreel::ring {

// Counts an input that is not in the ring.
void drop();

// False: the input is not in the ring. `began`: its stamp, 0: now.
bool record_slowly(Slot& slot, std::uint32_t kind, std::uint32_t session, const void* bytes,
                   std::size_t size, std::uint64_t began = 0);

}  // namespace crashreel::ring
