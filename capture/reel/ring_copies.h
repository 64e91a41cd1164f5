// Which inputs did a ring keep beside its chunks?
//
// Reads the session heads and the pins (RING.md), whose bytes may be anything, and gives the copies
// that are whole, and what there is to say of those that are not there. Whether the pool has the
// same inputs, and which of them belong into a reel, is salvage's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/reel/ring_chunk.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/stamp_heap.h"

namespace crashreel {

enum class CopyOf : std::uint8_t { kNothing, kOpenHead, kClosedHead, kPin };

struct RingCopy {
  Piece input;  // whole
  Owner owner;
  std::uint64_t payload_offset = 0;  // in the ring
  CopyOf what = CopyOf::kNothing;

  Position at() const { return {input.stamp, owner.slot}; }
};

struct RingCopies {
  std::vector<RingCopy> copies;  // in no order; of the same input there may be a head's and a pin's

  // Of open sessions only.
  std::uint64_t heads = 0;
  std::uint64_t full_heads = 0;  // complete up to the bound of each head
  std::uint64_t heads_with_gaps = 0;
  std::uint64_t refused_heads = 0;  // sessions that found no place, or lost it to another
  std::uint64_t pins = 0;
  std::uint64_t refused_pins = 0;  // inputs whose key found no place
  std::uint64_t missed_pins = 0;   // inputs that did not become the newest of their key

  std::uint64_t lost_regions = 0;
  std::vector<std::string> damage;
};

RingCopies read_copies(const RingImage& image);

}  // namespace crashreel
