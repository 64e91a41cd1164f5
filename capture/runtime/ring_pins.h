// Where does the newest input of a key stay when the ring rolls over?
//
// The writer's side of the pins (RING.md, "Pins"): a second copy of what was just recorded, in a
// place that only the next input of the same key overwrites. Nothing here waits; what can't be kept
// is counted.
#pragma once

#include <cstdint>

#include "capture/runtime/ring_kept.h"
#include "capture/runtime/ring_recorded.h"

namespace crashreel::ring {

// Lays the region out inside `bytes` of room, for `keys` pins; 0: as suits the room. Gives zeros
// where not even one pin fits.
Region plan_pins(std::uint64_t offset, std::uint64_t bytes, std::uint64_t keys);

void set_up_pins(unsigned char* base, const Region& region);

// The input has been recorded in the pool; this keeps it as the newest of `key`, if it is that.
// `masks`: the record that says what of it was masked, and stays with it; or null.
void keep_pin(const char* key, const Recorded& input, const Recorded* masks);

// Of a thread that ends while it has a pin: whatever it was about to keep there is counted.
void let_go_of_pins(std::uint32_t tid);

}  // namespace crashreel::ring
