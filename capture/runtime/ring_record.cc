// The record path: what runs in production for each input.
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crashreel.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_clock.h"
#include "capture/runtime/ring_copy.h"

#define CRASHREEL_LIKELY(condition) __builtin_expect(static_cast<bool>(condition), true)

namespace crashreel::ring {
namespace {

std::uint32_t g_no_epoch = 0;

struct Payload {
  std::uint32_t kind;
  std::uint32_t session;
  const unsigned char* bytes;
  std::size_t size;
};

// Handlers of the same thread see the stores on both sides of this in program order; other threads
// need the commit word.
void order_for_handlers() {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

// Appends one record to the slot's chunk, which has the room, and makes it visible. `input_bytes`:
// of the whole input, told with its last piece.
//
// Inlined by force: a header that is built on the stack and copied from there stalls the store
// buffer for longer than the whole record takes.
[[gnu::always_inline]] inline void append(Slot& slot, RecordHeader header,
                                          const unsigned char* payload, std::uint64_t input_bytes) {
  header.check = check_of(header);
  const CommitWord now = unpack(slot.commit);
  const std::uint32_t records = now.records + 1;
  const std::uint64_t bytes = sizeof header + padded(header.len);
  const std::uint64_t commit =
      pack({now.generation, records, static_cast<std::uint32_t>(now.committed + bytes)});
  ChunkHeader& chunk = *slot.chunk;
  if ((header.flags & kFirst) != 0) {
    __atomic_store_n(&chunk.begun, pack({now.generation, records, 0}), __ATOMIC_RELAXED);
    order_for_handlers();
  }

  unsigned char* at = slot.at;
  *reinterpret_cast<RecordHeader*>(at) = header;
  if (CRASHREEL_LIKELY(header.len < g_ring.stream_bytes)) {
    ::memcpy(at + sizeof header, payload, header.len);
  } else {
    copy_streaming(at + sizeof header, payload, header.len);
  }

  if ((header.flags & kLast) != 0) {
    slot.inputs += 1;
    slot.bytes += input_bytes;
  }
  chunk.totals[records & 1] = {slot.inputs, slot.bytes, header.stamp};
  __atomic_store_n(&chunk.commit, commit, __ATOMIC_RELEASE);

  slot.commit = commit;
  slot.at = at + bytes;
  slot.limit = slot.limit > bytes ? slot.limit - bytes : 0;
}

void drop() {
  if (g_ring.super != nullptr) __atomic_fetch_add(&g_ring.super->dropped, 1u, __ATOMIC_RELAXED);
}

// First record of this slot, or first since a fork: whatever the slot holds is the parent's.
void set_up(Slot& slot, std::uint32_t pid) {
  slot = Slot{};
  slot.number = __atomic_fetch_add(&g_ring.super->slots, 1u, __ATOMIC_RELAXED);
  if (g_ring.has_exit_key) ::pthread_setspecific(g_ring.exit_key, &t_thread);
  slot.epoch = pid;
}

// The pid that the epoch page says, telling it if a fork has wiped it.
std::uint32_t current_epoch() {
  std::uint32_t pid = __atomic_load_n(g_ring.epoch, __ATOMIC_RELAXED);
  if (pid == 0) {
    pid = static_cast<std::uint32_t>(::syscall(SYS_getpid));
    __atomic_store_n(g_ring.epoch, pid, __ATOMIC_RELAXED);
  }
  return pid;
}

// Splits what does not fit, taking chunks as it goes. A rest of a chunk too small to be worth a
// piece is left empty.
void append_pieces(Slot& slot, const Payload& payload) {
  const std::uint64_t stamp = claim_stamp(slot);
  const std::uint64_t total = payload.size < g_ring.max_payload ? payload.size : g_ring.max_payload;
  const unsigned cut = total < payload.size ? kCut : 0u;
  std::uint64_t done = 0;
  do {
    const std::uint64_t left = total - done;
    if (slot.limit <= left && slot.limit <= g_ring.min_piece &&
        !take_chunk(slot, t_thread, stamp)) {
      return drop();
    }
    const std::uint64_t piece = left < slot.limit ? left : slot.limit - 1;
    const unsigned first = done == 0 ? kFirst : 0u;
    const unsigned last = done + piece == total ? kLast : 0u;
    const RecordHeader header{static_cast<std::uint32_t>(piece),
                              static_cast<std::uint8_t>(payload.kind),
                              static_cast<std::uint8_t>(first | last | cut),
                              0,
                              payload.session,
                              static_cast<std::uint32_t>(first != 0 ? total : done),
                              stamp};
    append(slot, header, payload.bytes + done, total);
    done += piece;
  } while (done < total);
}

// Not the usual case: another chunk is needed, or the slot was not set up, or nothing is recorded.
[[gnu::noinline]] void record_slowly(Slot& slot, const Payload& payload) {
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return;
  const bool kind_is_known = payload.kind >= CRASHREEL_OPEN && payload.kind <= CRASHREEL_NOTE;
  if (!kind_is_known || payload.bytes == nullptr) return drop();
  const int saved_errno = errno;
  const std::uint32_t epoch = current_epoch();
  if (slot.epoch != epoch) set_up(slot, epoch);
  append_pieces(slot, payload);
  errno = saved_errno;
}

[[gnu::always_inline]] inline void record(Slot& slot, const Payload& payload) {
  const bool usual =
      slot.epoch == __atomic_load_n(g_ring.epoch, __ATOMIC_RELAXED) && payload.size < slot.limit &&
      payload.kind - CRASHREEL_OPEN <= CRASHREEL_NOTE - CRASHREEL_OPEN && payload.bytes != nullptr;
  if (!CRASHREEL_LIKELY(usual)) return record_slowly(slot, payload);
  const auto size = static_cast<std::uint32_t>(payload.size);
  const RecordHeader header{size,
                            static_cast<std::uint8_t>(payload.kind),
                            kFirst | kLast,
                            0,
                            payload.session,
                            size,
                            claim_stamp(slot)};
  append(slot, header, payload.bytes, size);
}

}  // namespace

constinit Ring g_ring = {.super = nullptr,
                         .base = nullptr,
                         .chunks = nullptr,
                         .epoch = &g_no_epoch,
                         .clock_gettime = nullptr,
                         .max_payload = 0,
                         .chunk_bytes = 0,
                         .prelude_chunks = 0,
                         .pool_chunks = 0,
                         .min_piece = 0,
                         .stream_bytes = 0,
                         .exit_key = 0,
                         .has_exit_key = false,
                         .cycles = false,
                         .active = false};
constinit thread_local Thread t_thread = {};

}  // namespace crashreel::ring

void crashreel_record_(std::uint32_t kind, std::uint32_t session, const void* bytes,
                       std::size_t size) {
  using namespace crashreel::ring;
  Thread& thread = t_thread;
  const std::uint32_t depth = thread.depth;
  if (depth >= kDepths) return drop();
  // From here to the end a signal handler finds the next slot, so this one is ours alone. The
  // handler restores what it changed, so no atomic addition is needed.
  thread.depth = depth + 1;
  order_for_handlers();
  // Nothing may come from nowhere, but memcpy wants to be told a place for it.
  const void* from = size != 0 ? bytes : "";
  record(thread.slots[depth], {kind, session, static_cast<const unsigned char*>(from), size});
  order_for_handlers();
  thread.depth = depth;
}
