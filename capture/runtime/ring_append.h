// How does one record get into a chunk that has the room?
#pragma once

#include <cstdint>

#include "capture/runtime/ring.h"
#include "capture/runtime/ring_copy.h"
#include "capture/runtime/ring_sum.h"

namespace crashreel::ring {

// Handlers of the same thread see the stores on both sides of this in program order; other threads
// need the commit word.
inline void order_for_handlers() {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

inline std::uint64_t room_in(const Slot& slot) {
  return static_cast<std::uint64_t>(slot.end - slot.at);
}

// How a payload is written: with a sum or without, with a call or, of at most kFewBytes, without.
enum class Way { kAny, kFewPlain, kFewWithSum };

[[gnu::always_inline]] inline void copy_any(unsigned char* to, const unsigned char* payload,
                                            std::uint32_t size) {
  if (g_ring.sums) {
    const std::uint64_t sum = g_ring.copies.and_sum(to, payload, size);
    *reinterpret_cast<std::uint64_t*>(to + padded(size)) = sum;
  } else if (size <= kFewBytes) {
    copy_few(to, payload, size, g_ring.copies.wide);
  } else {
    (size < kLargeBytes ? g_ring.copies.some : g_ring.copies.large)(to, payload, size);
  }
}

// Appends one record to the slot's chunk, which has the room, and makes it visible. `input_bytes`:
// of the whole input, told with its last piece.
//
// Inlined by force: a header that is built on the stack and copied from there stalls the store
// buffer for longer than the whole record takes.
template <Way way>
[[gnu::always_inline]] inline void append(Slot& slot, const Record& record,
                                          const unsigned char* payload, std::uint64_t input_bytes) {
  ChunkHeader& chunk = *slot.chunk;
  unsigned char* at = slot.at;
  const std::uint64_t bytes =
      (way == Way::kFewPlain ? sizeof(RecordHeader) : g_ring.record_bytes) + padded(record.len);
  const std::uint64_t commit = commit_after(slot.commit, bytes);
  if ((record.flags & kFirst) != 0) {
    __atomic_store_n(&chunk.begun, begun_after(slot.commit), __ATOMIC_RELAXED);
    order_for_handlers();
  }

  *reinterpret_cast<RecordHeader*>(at) = pack_record(record);
  unsigned char* to = at + sizeof(RecordHeader);
  if constexpr (way == Way::kFewPlain) {
    copy_few(to, payload, record.len, g_ring.copies.wide);
  } else if constexpr (way == Way::kFewWithSum) {
    const std::uint64_t sum = copy_and_sum<HardwareStep>(to, payload, record.len);
    *reinterpret_cast<std::uint64_t*>(to + padded(record.len)) = sum;
  } else {
    copy_any(to, payload, record.len);
  }

  if ((record.flags & kLast) != 0) {
    slot.inputs += 1;
    slot.bytes += input_bytes;
  }
  Totals& totals = chunk.totals[commit >> 16 & 1];
  totals.inputs = slot.inputs;
  totals.bytes = slot.bytes;
  totals.last_stamp = record.stamp;
  __atomic_store_n(&chunk.commit, commit, __ATOMIC_RELEASE);
  slot.commit = commit;
  slot.at = at + bytes;
}

}  // namespace crashreel::ring
