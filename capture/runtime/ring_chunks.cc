// Whose is a chunk?
//
// Chunks change hands through their state word alone; what they mean changes through their commit
// word alone. So a thread that dies between the two has taken a chunk out of circulation, and
// nothing else.
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_clock.h"
#include "capture/runtime/ring_heads.h"
#include "capture/runtime/ring_owner.h"
#include "capture/runtime/ring_pins.h"

namespace crashreel::ring {
namespace {

constexpr std::uint64_t state_word(ChunkState state, std::uint32_t detail) {
  return static_cast<std::uint64_t>(detail) << 32 | state;
}

ChunkHeader& chunk_at(std::uint64_t index) {
  return *reinterpret_cast<ChunkHeader*>(g_ring.chunks + index * g_ring.chunk_bytes);
}

std::uint32_t taken_so_far() {
  return static_cast<std::uint32_t>(__atomic_load_n(&g_ring.super->taken, __ATOMIC_RELAXED));
}

bool swap_state(ChunkHeader& chunk, std::uint64_t seen, std::uint64_t wanted) {
  return __atomic_compare_exchange_n(&chunk.state, &seen, wanted, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED);
}

ChunkHeader* take_from_prelude(std::uint32_t tid) {
  std::uint32_t& next = g_ring.super->prelude_taken;
  if (__atomic_load_n(&next, __ATOMIC_RELAXED) >= g_ring.prelude_chunks) return nullptr;
  const std::uint32_t index = __atomic_fetch_add(&next, 1u, __ATOMIC_RELAXED);
  if (index >= g_ring.prelude_chunks) return nullptr;
  ChunkHeader& chunk = chunk_at(index);
  return swap_state(chunk, state_word(kFree, 0), state_word(kHeld, tid)) ? &chunk : nullptr;
}

ChunkHeader& pool_chunk_at(std::uint64_t place) {
  return chunk_at(g_ring.prelude_chunks + place % g_ring.pool_chunks);
}

// Of a chunk that may be taken soon, header and first line: another core has written to them last.
void ask_for(std::uint64_t place) {
  const auto* line = reinterpret_cast<const unsigned char*>(&pool_chunk_at(place));
  for (std::size_t at = 0; at <= sizeof(ChunkHeader); at += 64) __builtin_prefetch(line + at, 1);
}

// Where this slot tries next. It gets some places in a row, so that what it writes goes on behind
// what it wrote before: where each chunk went to whoever came next, two threads took 15 ns for a
// record of 256 bytes, with sixteen in a row 13, for the processor had to find each new place by
// itself. The chunks stay everybody's until they are taken, one by one.
std::uint64_t next_place(Slot& slot) {
  constexpr std::uint32_t kMostInARow = 16;
  if (slot.places_left == 0) {
    const std::uint32_t share = g_ring.pool_chunks / 64;
    slot.places_left = share < 1 ? 1 : share < kMostInARow ? share : kMostInARow;
    slot.place = __atomic_fetch_add(&g_ring.super->cursor, slot.places_left, __ATOMIC_RELAXED);
  }
  --slot.places_left;
  return slot.place++;
}

// Once round the pool. `rested`: how many takings ago a chunk must have become full. Order of being
// full, not place in the file, decides how far the horizon reaches (RING.md).
ChunkHeader* take_from_pool(Slot& slot, std::uint32_t rested) {
  // Those that are left to the slot may be places that it passes a second time.
  const std::uint32_t tries = g_ring.pool_chunks + slot.places_left;
  for (std::uint32_t i = 0; i < tries; ++i) {
    ChunkHeader& chunk = pool_chunk_at(next_place(slot));
    const std::uint64_t seen = __atomic_load_n(&chunk.state, __ATOMIC_RELAXED);
    const auto state = static_cast<std::uint32_t>(seen);
    if (state == kHeld) continue;
    if (state == kFull && taken_so_far() - static_cast<std::uint32_t>(seen >> 32) < rested)
      continue;
    if (!swap_state(chunk, seen, state_word(kHeld, slot.tid))) continue;
    __atomic_fetch_add(&g_ring.super->taken, 1u, __ATOMIC_RELAXED);
    // The slot's next one, or where that is, if one other records as much.
    ask_for(slot.places_left != 0 ? slot.place : slot.place + 1);
    return &chunk;
  }
  return nullptr;
}

// Marks the chunks of holders that are no more as full: killed children, children that just exited,
// threads that ended without their destructors. A system call per held chunk, so only when no other
// chunk is left.
bool bury_the_dead() {
  if (!tids_are_ours()) return false;
  bool found = false;
  for (std::uint32_t i = 0; i < g_ring.pool_chunks; ++i) {
    ChunkHeader& chunk = pool_chunk_at(i);
    const std::uint64_t seen = __atomic_load_n(&chunk.state, __ATOMIC_RELAXED);
    if (static_cast<std::uint32_t>(seen) != kHeld) continue;
    if (!is_gone(static_cast<std::uint32_t>(seen >> 32))) continue;
    found |= swap_state(chunk, seen, state_word(kFull, taken_so_far()));
  }
  return found;
}

ChunkHeader* take_any(Slot& slot, Thread& thread) {
  constexpr std::uint32_t kBuryEvery = 256;
  if (ChunkHeader* chunk = take_from_prelude(slot.tid)) return chunk;
  if (ChunkHeader* chunk = take_from_pool(slot, g_ring.pool_chunks / 4 * 3)) return chunk;
  if (ChunkHeader* chunk = take_from_pool(slot, 0)) return chunk;
  if (thread.refusals % kBuryEvery == 0 && bury_the_dead()) return take_from_pool(slot, 0);
  ++thread.refusals;
  return nullptr;
}

// Everything of the new generation is written into the bank that is not valid; the store of the
// commit word then makes it valid and the old one void. Returns that word.
std::uint64_t begin_generation(ChunkHeader& chunk, Slot& slot, std::uint64_t stamp) {
  const CommitWord old = unpack(__atomic_load_n(&chunk.commit, __ATOMIC_RELAXED));
  const std::uint32_t generation = next_generation(old.generation);
  Bank bank{};
  bank.pid = slot.epoch;
  bank.tid = slot.tid;
  bank.slot = slot.number;
  bank.earliest = stamp;
  if (old.generation != 0) {
    const Bank& before = chunk.banks[old.generation & 1];
    const Totals gone = old.records != 0 ? chunk.totals[old.records & 1] : Totals{};
    bank.earliest = before.earliest < stamp ? before.earliest : stamp;
    bank.prev_last = before.prev_last > gone.last_stamp ? before.prev_last : gone.last_stamp;
    bank.lost_inputs = before.lost_inputs + gone.inputs;
    bank.lost_bytes = before.lost_bytes + gone.bytes;
  }
  bank.pair = pair_for(slot, stamp);
  bank.check = check_of(bank, generation);
  chunk.banks[generation & 1] = bank;
  const std::uint64_t commit = pack({generation, 0, sizeof(ChunkHeader)});
  __atomic_store_n(&chunk.commit, commit, __ATOMIC_RELEASE);
  return commit;
}

}  // namespace

bool take_chunk(Slot& slot, Thread& thread, std::uint64_t stamp) {
  give_back(slot);
  ChunkHeader* chunk = take_any(slot, thread);
  if (chunk == nullptr) return false;
  slot.commit = begin_generation(*chunk, slot, stamp);
  slot.inputs = slot.bytes = 0;
  slot.at = reinterpret_cast<unsigned char*>(chunk) + sizeof(ChunkHeader);
  slot.end = reinterpret_cast<unsigned char*>(chunk) + g_ring.chunk_bytes;
  slot.chunk = chunk;
  return true;
}

void give_back(Slot& slot) {
  ChunkHeader* chunk = slot.chunk;
  slot.at = slot.end = nullptr;
  slot.chunk = nullptr;
  if (chunk == nullptr) return;
  __atomic_store_n(&chunk->state, state_word(kFull, taken_so_far()), __ATOMIC_RELEASE);
}

// A handler that interrupts this finds no depth left and drops its record, counted: the slots are
// being taken down. If another destructor records afterwards, its slot is set up anew and this runs
// once more.
void thread_exits(void* thread) {
  auto& state = *static_cast<Thread*>(thread);
  const std::uint32_t depth = state.depth;
  state.depth = kDepths;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (depth != 0) {  // it ends inside a record
    const std::uint32_t tid = tid_of_caller();
    let_go_of_heads(tid);
    let_go_of_pins(tid);
  }
  for (Slot& slot : state.slots) {
    if (slot.epoch == __atomic_load_n(g_ring.epoch, __ATOMIC_RELAXED)) give_back(slot);
    slot = Slot{};
  }
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  state.depth = depth;
}

}  // namespace crashreel::ring
