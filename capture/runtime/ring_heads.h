// Does this input belong to the head of its session, and where does its copy go?
//
// The writer's side of the heads (RING.md, "Heads"). The record path asks may_concern_head() of
// each input; only where that says yes are the functions called: begin_head(), then the record into
// the pool, then end_head(). In between the head is ours alone; whoever finds it taken does not
// wait, and the input that it misses is counted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/runtime/ring_kept.h"
#include "capture/runtime/ring_recorded.h"

namespace crashreel::ring {

// Set up with the ring, constant from then on but for what the pointers point to.
struct Heads {
  unsigned char* wanted;  // how many heads may want inputs of the sessions with this index
  HeadsHeader* header;
  HeadEntry* entries;
  unsigned char* first;
  std::uint32_t wanted_mask;
  std::uint32_t count;  // 0: none are kept
  std::uint32_t bytes;  // of each, header included
};

extern Heads g_heads;

// One load for a session whose head is full, closed or was refused. Openings and closings always
// concern a head.
[[gnu::always_inline]] inline bool may_concern_head(std::uint32_t kind, std::uint32_t session) {
  constexpr std::uint32_t kOpenOrClose = 1u << 1 | 1u << 3;
  return (__atomic_load_n(&g_heads.wanted[session & g_heads.wanted_mask], __ATOMIC_RELAXED) |
          (kOpenOrClose >> (kind & 31) & 1)) != 0;
}

// Lays the region out inside `bytes` of room, for heads of `head_bytes` each; 0: as suits the room.
// Gives zeros where not even one head fits.
Region plan_heads(std::uint64_t offset, std::uint64_t bytes, std::uint64_t head_bytes);

// `base`: of the ring.
void set_up_heads(unsigned char* base, const Region& region);

inline constexpr std::uint32_t kNoHead = ~0u;

// The head that the input goes to, locked, or kNoHead.
std::uint32_t begin_head(std::uint32_t kind, std::uint32_t session);

// Adds the input to the head, together with what says how it was masked (null: nothing was), and
// gives the lock back. Both or neither: of an input alone nobody would know that it was masked. Not
// called for what the pool did not get.
void end_head(std::uint32_t head, const Recorded& input, const Recorded* says);
void give_up_head(std::uint32_t head);

// Of a thread that ends while it has a head: what it was about to add is missing there.
void let_go_of_heads(std::uint32_t tid);

// The session is over at this moment. `for_all`: no other process has it open.
void close_head(std::uint32_t session, std::uint64_t stamp, bool for_all);

}  // namespace crashreel::ring
