// The record path: what runs in production for each input.

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crashreel.h"
#include "capture/runtime/hot_data.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_answers.h"
#include "capture/runtime/ring_append.h"
#include "capture/runtime/ring_clock.h"
#include "capture/runtime/ring_heads.h"
#include "capture/runtime/ring_pieces.h"
#include "capture/runtime/ring_pins.h"
#include "capture/runtime/ring_redact.h"

#define CRASHREEL_LIKELY(condition) __builtin_expect(static_cast<bool>(condition), true)

namespace crashreel::ring {
namespace {

std::uint32_t g_no_epoch = 0;

// The slot is this process's, and its chunk has the room.
[[gnu::always_inline]] inline bool fits(const Slot& slot, std::uint32_t kind, const void* bytes,
                                        std::size_t size, std::uint64_t record_bytes) {
  return slot.epoch == __atomic_load_n(g_ring.epoch, __ATOMIC_RELAXED) &&
         record_bytes + size <= room_in(slot) && bytes != nullptr &&
         kind - kFirstKind <= kLastKind - kFirstKind;
}

template <Way way>
[[gnu::always_inline]] inline void record_fitting(Slot& slot, std::uint32_t kind,
                                                  std::uint32_t session, const void* bytes,
                                                  std::size_t size, std::uint64_t stamp) {
  const auto length = static_cast<std::uint32_t>(size);
  append<way>(slot, {length, kind, kFirst | kLast, session, length, stamp},
              static_cast<const unsigned char*>(bytes), size);
}

bool record_one(Slot& slot, std::uint32_t kind, std::uint32_t session, const void* bytes,
                std::size_t size) {
  if (size >= kMaxChunkBytes || !fits(slot, kind, bytes, size, g_ring.record_bytes)) {
    return record_slowly(slot, kind, session, bytes, size);
  }
  record_fitting<Way::kAny>(slot, kind, session, bytes, size, claim_stamp(slot));
  return true;
}

Recorded recorded_by(const Slot& slot, std::uint32_t kind, std::uint32_t session, const void* bytes,
                     std::size_t size) {
  const void* from = size != 0 ? bytes : "";
  return {kind, session, from, size, slot.last_stamp, slot.number, slot.epoch, slot.tid};
}

// Records what may also go to its session's head, and behind it what of it was masked, if `says`
// has bytes. The pool comes first: whatever is copied has been counted there. False: it is not in
// the ring, or not all of it.
[[gnu::noinline]] bool record_and_copy(Slot& slot, std::uint32_t kind, std::uint32_t session,
                                       const void* bytes, std::size_t size, Recorded& input,
                                       Recorded* says = nullptr) {
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return false;
  const std::uint32_t head = begin_head(kind, session);
  bool recorded = record_one(slot, kind, session, bytes, size);
  input = recorded_by(slot, kind, session, bytes, size);
  if (says != nullptr) {
    if (!recorded) drop();
    recorded = recorded && record_one(slot, CRASHREEL_MASKED, session, says->bytes, says->size);
    *says = recorded_by(slot, CRASHREEL_MASKED, session, says->bytes, says->size);
  }
  if (head != kNoHead) {
    recorded ? end_head(head, input, says) : give_up_head(head);
  } else if (recorded && kind == CRASHREEL_CLOSE) {
    close_head(session, slot.last_stamp, true);
  }
  return recorded;
}

// What takes more than a few bytes or instructions. Ends the record that its caller has begun.
CRASHREEL_WARM_CODE void record_in_full(Thread& thread, std::uint32_t kind, std::uint32_t session,
                                        const void* bytes, std::size_t size) {
  Slot& slot = thread.slots[thread.depth - 1];
  if (may_concern_head(kind, session)) {
    Recorded input;
    record_and_copy(slot, kind, session, bytes, size, input);
  } else {
    record_one(slot, kind, session, bytes, size);
  }
  order_for_handlers();
  --thread.depth;
}

// The thread is about to record an input of this session. Returns what the clock said if it was
// asked: the answer that is written before the input and the input itself take one look.
[[gnu::always_inline]] inline std::uint64_t begin_input(Thread& thread, std::uint32_t session) {
  thread.in_flight = session + 1;
  if (g_answers == nullptr) return 0;
  const std::uint64_t cycles = g_ring.cycles ? read_cycles() : 0;
  write_answer(session, cycles);
  return cycles;
}

// A few bytes with a sum behind them. Ends the record that its caller has begun.
CRASHREEL_WARM_CODE void record_with_sum(Thread& thread, Slot& slot, std::uint32_t kind,
                                         std::uint32_t session, const void* bytes, std::size_t size,
                                         std::uint64_t cycles) {
  const std::uint64_t stamp = claim_stamp(slot, cycles != 0 ? cycles : read_cycles());
  record_fitting<Way::kFewWithSum>(slot, kind, session, bytes, size, stamp);
  order_for_handlers();
  --thread.depth;
}

// Nested too deep, or nothing is recorded, or not as it is.
[[gnu::noinline]] void refuse(std::uint32_t kind, std::uint32_t session, const void* bytes,
                              std::size_t size, const char* key) {
  if (t_thread.depth >= kDepths) return drop();
  if (__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) {
    record_redacted(kind, session, bytes, size, key);
  }
}

}  // namespace

void record_as_it_is(std::uint32_t kind, std::uint32_t session, const void* bytes, std::size_t size,
                     const char* key) {
  Thread& thread = t_thread;
  if (thread.depth >= kDepths) return drop();
  Slot& slot = thread.slots[thread.depth++];
  order_for_handlers();
  if (key == nullptr) return record_in_full(thread, kind, session, bytes, size);
  Recorded input;
  if (record_and_copy(slot, kind, session, bytes, size, input)) keep_pin(key, input, nullptr);
  order_for_handlers();
  --thread.depth;
}

void record_late(std::uint64_t stamp, std::uint32_t kind, std::uint32_t session, const void* bytes,
                 std::size_t size) {
  Thread& thread = t_thread;
  const std::uint32_t depth = thread.depth;
  const auto is_later = [&](const Slot& slot) {
    return slot.epoch == __atomic_load_n(g_ring.epoch, __ATOMIC_RELAXED) &&
           slot.last_stamp >= stamp;
  };
  std::uint32_t at = depth;
  while (at < kDepths && is_later(thread.slots[at])) ++at;
  if (at >= kDepths) return drop();
  thread.depth = at + 1;
  order_for_handlers();
  record_slowly(thread.slots[at], kind, session, bytes, size, stamp);
  order_for_handlers();
  thread.depth = depth;
}

void record_with_masks(std::uint32_t kind, std::uint32_t session, const void* bytes,
                       std::size_t size, const char* key, const char* masks,
                       std::size_t masks_size) {
  Thread& thread = t_thread;
  if (thread.depth >= kDepths) {
    drop();
    return drop();
  }
  Slot& slot = thread.slots[thread.depth++];
  order_for_handlers();
  Recorded input;
  Recorded says{CRASHREEL_MASKED, session, masks, masks_size, 0, 0, 0, 0};
  const bool recorded = record_and_copy(slot, kind, session, bytes, size, input, &says);
  if (recorded && key != nullptr) keep_pin(key, input, &says);
  order_for_handlers();
  --thread.depth;
}

CRASHREEL_HOT_DATA constinit Ring g_ring = {.super = nullptr,
                                            .base = nullptr,
                                            .chunks = nullptr,
                                            .epoch = &g_no_epoch,
                                            .thread_offset = 0,
                                            .clock_gettime = nullptr,
                                            .max_payload = 0,
                                            .chunk_bytes = 0,
                                            .prelude_chunks = 0,
                                            .pool_chunks = 0,
                                            .min_piece = 0,
                                            .record_bytes = 0,
                                            .exit_key = 0,
                                            .has_exit_key = false,
                                            .depths = 0,
                                            .cycles = false,
                                            .sums = false,
                                            .plain = false,
                                            .sums_here = false,
                                            .active = false,
                                            .copies = {}};
constinit thread_local Thread t_thread = {};

}  // namespace crashreel::ring

// Written so that a small record needs no call at all. Not inlined into its callers: after a
// system call each line of code more is waited for.
CRASHREEL_HOT_CODE void crashreel::ring::record_now(std::uint32_t kind, std::uint32_t session,
                                                    const void* bytes, std::size_t size,
                                                    std::uint64_t cycles) {
  Thread* thread = thread_of_caller();
  if (thread == nullptr) return;
  // Makes the compiler keep the address instead of computing it again from the thread's base at
  // each use. The same for the slot.
  asm("" : "+r"(thread));
  const std::uint32_t depth = thread->depth;
  if (!CRASHREEL_LIKELY(depth < g_ring.depths)) return refuse(kind, session, bytes, size, nullptr);
  // From here to the end a signal handler finds the next slot, so this one is ours alone. The
  // handler restores what it changed, so no atomic addition is needed.
  thread->depth = depth + 1;
  order_for_handlers();
  Slot* slot = &thread->slots[depth];
  asm("" : "+r"(slot));
  const bool is_usual = size <= kFewBytes && fits(*slot, kind, bytes, size, g_ring.record_bytes) &&
                        !may_concern_head(kind, session);
  if (!CRASHREEL_LIKELY(is_usual && g_ring.plain)) {
    return is_usual && g_ring.sums_here
               ? record_with_sum(*thread, *slot, kind, session, bytes, size, cycles)
               : record_in_full(*thread, kind, session, bytes, size);
  }
  const std::uint64_t stamp = claim_stamp(*slot, cycles != 0 ? cycles : read_cycles());
  record_fitting<Way::kFewPlain>(*slot, kind, session, bytes, size, stamp);
  order_for_handlers();
  thread->depth = depth;
}

// What the record will touch is asked for all at once, and what the next one will, behind it: what
// the processor has not got when the program next goes to the kernel, it waits for there.
CRASHREEL_HOT_CODE void crashreel::ring::record_received(std::uint32_t session, const void* bytes,
                                                         std::size_t size) {
  Thread* thread = thread_of_caller();
  if (thread == nullptr) return;
  const Slot& slot = thread->slots[thread->depth % kDepths];
  __builtin_prefetch(slot.at, 1);
  __builtin_prefetch(slot.chunk, 1);
  __builtin_prefetch(g_ring.epoch);
  __builtin_prefetch(g_heads.wanted + (session & g_heads.wanted_mask));
  const std::uint64_t cycles = begin_input(*thread, session);
  record_now(CRASHREEL_DATA, session, bytes, size, cycles);
  const auto next = reinterpret_cast<std::uintptr_t>(slot.at);
  __builtin_prefetch(reinterpret_cast<const void*>(next + 64), 1);
  __builtin_prefetch(reinterpret_cast<const void*>(next + 128), 1);
}

CRASHREEL_WARM_CODE void crashreel_record_(std::uint32_t kind, std::uint32_t session,
                                           const void* bytes, std::size_t size) {
  using namespace crashreel::ring;
  Thread* thread = thread_of_caller();
  if (thread == nullptr) return;
  record_now(kind, session, bytes, size,
             kind <= CRASHREEL_CLOSE ? begin_input(*thread, session) : 0);
}

extern "C" [[gnu::alias("crashreel_record_"), gnu::hot, gnu::noinline]] void
crashreel_record_of_this_library(std::uint32_t kind, std::uint32_t session, const void* bytes,
                                 std::size_t size);

void crashreel_pin_(const char* key, std::uint32_t kind, std::uint32_t session, const void* bytes,
                    std::size_t size) {
  using namespace crashreel::ring;
  const char* name = key != nullptr ? key : "";
  if (t_thread.depth >= g_ring.depths) return refuse(kind, session, bytes, size, name);
  record_as_it_is(kind, session, bytes, size, name);
}

void crashreel_session_ended_(std::uint32_t session, int for_all) {
  using namespace crashreel::ring;
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return;
  close_head(session, read_stamp(), for_all != 0);
}
