#include "capture/runtime/ring_recorded.h"

#include <string.h>

#include "capture/runtime/ring.h"
#include "capture/runtime/ring_kept.h"

namespace crashreel::ring {

std::uint64_t copy_bytes_of(const Recorded& input) {
  return copy_bytes(input.size, g_ring.super->payload_sum);
}

void write_copy(unsigned char* to, const Recorded& input) {
  const auto size = static_cast<std::uint32_t>(input.size);
  CopyHeader copy{pack_record({size, input.kind, kFirst | kLast, input.session, size, input.stamp}),
                  input.slot, input.pid, input.tid, 0};
  copy.check = check_of(copy);
  *reinterpret_cast<CopyHeader*>(to) = copy;
  to += sizeof copy;
  const auto* from = static_cast<const unsigned char*>(input.bytes);
  if (g_ring.super->payload_sum != PayloadSum::kCrc32cOfAll) {
    ::memcpy(to, from, input.size);
  } else {
    const std::uint64_t sum = g_ring.copies.and_sum(to, from, input.size);
    *reinterpret_cast<std::uint64_t*>(to + padded(input.size)) = sum;
  }
}

}  // namespace crashreel::ring
