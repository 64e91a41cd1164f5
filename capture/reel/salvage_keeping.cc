#include "capture/reel/salvage_keeping.h"

#include <algorithm>

#include "capture/runtime/ring_kept.h"

namespace crashreel {
namespace {

// The longest input that a pin takes; 0 where the number can't be a pin's.
std::uint64_t most_in_pin(std::uint32_t stride, ring::PayloadSum sum) {
  const std::uint64_t around = sizeof(ring::PinKey) + ring::copy_bytes(0, sum);
  if (stride < ring::kMinPinBytes) return 0;
  const std::uint64_t half = ring::bytes_per_copy(stride);
  return half - std::min(half, around);
}

}  // namespace

Keeping keeping_of(const RingImage& image, const RingCopies& copies, const Selection& selection) {
  const ring::Superblock& super = image.super();
  const std::uint64_t chunk = super.chunk_bytes;
  Keeping keeping;
  keeping.known = true;
  keeping.tail_bytes = chunk * (super.chunk_count - super.prelude_chunks);
  keeping.most_inputs = super.keep_inputs;
  keeping.most_age_ns = super.keep_age_ns;
  keeping.beyond_inputs = selection.trimmed;
  keeping.beyond_age = selection.aged;
  keeping.prelude_bytes = chunk * super.prelude_chunks;
  // The pool is begun when the prelude has no chunk left.
  keeping.prelude_full = super.prelude_chunks != 0 && super.taken != 0;
  keeping.heads = super.heads.count;
  keeping.head_bytes = super.heads.stride;
  keeping.heads_open = copies.heads;
  keeping.heads_full = copies.full_heads;
  keeping.heads_gapped = copies.heads_with_gaps;
  keeping.heads_refused = copies.refused_heads;
  keeping.pins = super.pins.count;
  keeping.pin_bytes = most_in_pin(super.pins.stride, super.payload_sum);
  keeping.pins_used = copies.pins;
  keeping.pins_refused = copies.refused_pins;
  keeping.pins_missed = copies.missed_pins;
  return keeping;
}

}  // namespace crashreel
