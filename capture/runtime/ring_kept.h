// What do the bytes beside the chunks mean? (RING.md, "Heads" and "Pins", as structs.)
//
// Session heads and pinned inputs are copies of inputs that the pool has, or had. Plain structs in
// a shared mapping and the few pure functions that writer and salvage must agree upon; whoever
// reads them checks each number first. libc only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/runtime/ring_format.h"

namespace crashreel::ring {

// Before the payload of each copy: the record as the pool has it, and whose it was. (stamp, slot)
// names the input: the same pair in the pool is the same input. Payload and padding follow, and a
// sum where the ring has them.
struct CopyHeader {
  RecordHeader record;  // FIRST and LAST
  std::uint32_t slot;
  std::uint32_t pid;
  std::uint32_t tid;
  std::uint32_t check;  // over the three and the stamp
};

// --- Heads: one for each open session, in an array ---

inline constexpr std::uint32_t kMinHeadBytes = 1u << 10;
inline constexpr std::uint32_t kMaxHeadBytes = 64u << 10;
inline constexpr std::uint32_t kMostHeads = 1u << 16;
// A session's head is one of so many, so that finding it takes bounded time and nothing is chained.
inline constexpr std::uint32_t kHeadProbes = 16;

enum HeadState : std::uint32_t {
  kHeadUsed = 1,    // it is some session's
  kHeadLocked = 2,  // somebody is adding to it, or died doing so
  kHeadFull = 4,    // takes no more: the next input did not fit
  kHeadStale = 8,   // one of several processes closed it: may be given away, is open until then
  kHeadClosed = 16  // its session is over: may be given away
};
// Above these, in a state that is locked: the tid of who locked it, 0 where that was not known.
inline constexpr unsigned kHeadHolderAt = 8;
inline constexpr std::uint32_t kHeadHolder = ~0u << kHeadHolderAt;

struct HeadHeader {
  std::uint64_t commit;  // CommitWord; each session that gets this head begins a generation
  std::uint64_t gaps;    // inputs of this session that another writer's presence kept out
  std::uint64_t ended;   // when it became stale or closed
  std::uint64_t zeros[5];
};

// At the region's beginning. Behind it: a table of bytes, one entry per head, the heads; each
// part begins at a multiple of 64.
struct HeadsHeader {
  std::uint64_t refused;     // sessions that found no head
  std::uint64_t given_away;  // stale heads that another session got
  std::uint64_t others;      // not 0: other processes than the ring's own have locked heads
  std::uint64_t zeros[5];
};

// Of one head: whose it is (low half) and its HeadState (high half). All changes are compare and
// swap, so that a thread that can't have the lock can still close a session.
using HeadEntry = std::uint64_t;

constexpr HeadEntry head_entry(std::uint32_t session, std::uint32_t state) {
  return std::uint64_t{state} << 32 | session;
}
constexpr std::uint32_t session_of(HeadEntry entry) {
  return static_cast<std::uint32_t>(entry);
}
constexpr std::uint32_t state_of(HeadEntry entry) {
  return static_cast<std::uint32_t>(entry >> 32);
}

// The first of the kHeadProbes heads, in a row and around the end, that a session may have.
constexpr std::uint32_t first_head(std::uint32_t session, std::uint32_t heads) {
  return static_cast<std::uint32_t>(std::uint64_t{session * 0x9e3779b1u} * heads >> 32);
}

// --- Pins: one for each key, in an array ---

inline constexpr std::uint32_t kMinPinBytes = 256;
inline constexpr std::uint32_t kMaxPinBytes = 2u << 20;
inline constexpr std::uint32_t kMostPins = 4096;
inline constexpr std::uint32_t kMostKeyBytes = 32;

// Two copies follow, each of half of what is left; the parity of the version chooses. Behind the
// input may stand what was masked of it, as a second one; else zeros, where there is room for its
// header.
struct PinHeader {
  std::uint64_t key_hash;  // 0: no key's yet
  std::uint64_t version;   // of the copy that counts; 0: none
  std::uint32_t lock;      // the tid of who is writing a copy, or died doing so; 0: nobody
  std::uint32_t missed;    // newer inputs of this key that could not be kept
  std::uint64_t zeros[5];
};

// Before the CopyHeader of each copy.
struct PinKey {
  std::uint32_t size;
  std::uint32_t check;  // over the key
  char bytes[kMostKeyBytes];
};

// At the region's beginning, before the pins.
struct PinsHeader {
  std::uint64_t refused;  // inputs whose key found no pin
  std::uint64_t others;   // not 0: other processes than the ring's own have pinned
  std::uint64_t zeros[6];
};

static_assert(sizeof(CopyHeader) == 40 && sizeof(HeadHeader) == 64 && sizeof(HeadsHeader) == 64);
static_assert(sizeof(PinHeader) == 64 && sizeof(PinKey) == 40 && sizeof(PinsHeader) == 64);
static_assert(kMaxHeadBytes / 8 <= 0xffff, "a head's committed bytes must fit the commit word");

// Of a copy with its header, in a ring with such sums.
constexpr std::uint64_t copy_bytes(std::uint64_t payload_bytes, PayloadSum sum) {
  const std::uint64_t sum_bytes = sum == PayloadSum::kCrc32cOfAll ? kPayloadSumBytes : 0;
  return sizeof(CopyHeader) + padded(payload_bytes) + sum_bytes;
}

constexpr std::uint32_t check_of(const CopyHeader& copy) {
  std::uint64_t sum = (std::uint64_t{copy.slot} << 32 | copy.pid) * 0x9e3779b97f4a7c15;
  sum = (sum ^ sum >> 32 ^ copy.tid) * 0xff51afd7ed558ccd;
  sum = (sum ^ sum >> 32 ^ copy.record.stamp) * 0x9e3779b97f4a7c15;
  return static_cast<std::uint32_t>(sum >> 32);
}

// FNV-1a; never 0, which stands for "no key".
constexpr std::uint64_t hash_of_key(const char* key, std::size_t size) {
  std::uint64_t value = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < size; ++i) {
    value = (value ^ static_cast<unsigned char>(key[i])) * 0x100000001b3u;
  }
  return value == 0 ? 1 : value;
}

// Bytes of each of a pin's two copies, its PinKey included.
constexpr std::uint32_t bytes_per_copy(std::uint32_t pin_bytes) {
  return (pin_bytes - static_cast<std::uint32_t>(sizeof(PinHeader))) / 2 / 8 * 8;
}

constexpr std::uint64_t lined_up(std::uint64_t bytes) {
  return (bytes + 63) & ~std::uint64_t{63};
}

// Bytes of the table that tells which sessions' inputs concern a head: a power of two, enough that
// few sessions share one.
constexpr std::uint32_t wanted_for(std::uint32_t heads) {
  std::uint32_t wanted = 64;
  while (wanted < 4096 && wanted < 4 * heads) wanted *= 2;
  return wanted;
}

// Where the parts of the heads' region begin in it.
constexpr std::uint64_t head_entries_at(std::uint32_t heads) {
  return sizeof(HeadsHeader) + wanted_for(heads);
}
constexpr std::uint64_t first_head_at(std::uint32_t heads) {
  return head_entries_at(heads) + lined_up(std::uint64_t{heads} * sizeof(HeadEntry));
}

}  // namespace crashreel::ring
