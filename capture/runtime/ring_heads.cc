#include "capture/runtime/ring_heads.h"

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crashreel.h"
#include "capture/runtime/hot_data.h"
#include "capture/runtime/keep_errno.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_owner.h"

namespace crashreel::ring {
namespace {

// As large as the largest table, so that whichever mask another thread sees while the ring is set
// up, it reads from a table.
unsigned char g_none_wanted[wanted_for(kMostHeads)] = {0};

constexpr std::uint32_t kUsualHeadBytes = 2u << 10;
constexpr std::uint32_t kFewHeads = 16;

std::uint32_t heads_in(std::uint64_t bytes, std::uint64_t head_bytes) {
  std::uint64_t count = bytes / head_bytes < kMostHeads ? bytes / head_bytes : kMostHeads;
  while (count != 0) {
    const auto heads = static_cast<std::uint32_t>(count);
    if (first_head_at(heads) + count * head_bytes <= bytes) return heads;
    --count;
  }
  return 0;
}

HeadHeader& head_at(std::uint32_t index) {
  return *reinterpret_cast<HeadHeader*>(g_heads.first + std::uint64_t{index} * g_heads.bytes);
}

// Whether the head takes more, so that the table must send its session's inputs here.
bool wants(std::uint32_t state) {
  return (state & kHeadUsed) != 0 && (state & (kHeadFull | kHeadClosed)) == 0;
}

// The counts are bytes. One that has reached its end stays there: its sessions look in vain, which
// costs time and nothing else.
void count_wanted(std::uint32_t session, int step) {
  unsigned char& count = g_heads.wanted[session & g_heads.wanted_mask];
  unsigned char seen = __atomic_load_n(&count, __ATOMIC_RELAXED);
  do {
    if (seen == 255 || (step < 0 && seen == 0)) return;
  } while (!__atomic_compare_exchange_n(&count, &seen, static_cast<unsigned char>(seen + step),
                                        false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

bool swap_entry(std::uint32_t head, HeadEntry seen, HeadEntry wanted) {
  return __atomic_compare_exchange_n(&g_heads.entries[head], &seen, wanted, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED);
}

HeadEntry entry_of(std::uint32_t head) {
  return __atomic_load_n(&g_heads.entries[head], __ATOMIC_ACQUIRE);
}

std::uint32_t probes() {
  return g_heads.count < kHeadProbes ? g_heads.count : kHeadProbes;
}

std::uint32_t probe(std::uint32_t session, std::uint32_t i) {
  const std::uint32_t head = first_head(session, g_heads.count) + i;
  return head < g_heads.count ? head : head - g_heads.count;
}

std::uint32_t find(std::uint32_t session) {
  for (std::uint32_t i = 0; i < probes(); ++i) {
    const HeadEntry entry = entry_of(probe(session, i));
    if (session_of(entry) == session && (state_of(entry) & kHeadUsed) != 0) {
      return probe(session, i);
    }
  }
  return kNoHead;
}

// How gladly a head is given to a new session; 0: not at all.
int readiness(HeadEntry entry, std::uint32_t session) {
  const std::uint32_t state = state_of(entry);
  if ((state & kHeadUsed) == 0) return 3;
  if ((state & kHeadLocked) != 0) return 0;
  // The number is used again: what was known by it is over.
  if (session_of(entry) == session) return 4;
  if ((state & kHeadClosed) != 0) return 2;
  return (state & kHeadStale) != 0 ? 1 : 0;
}

// Of equally ready ones that which ended first.
std::uint32_t choose(std::uint32_t session) {
  std::uint32_t best = kNoHead;
  int best_readiness = 0;
  std::uint64_t best_ended = 0;
  for (std::uint32_t i = 0; i < probes(); ++i) {
    const std::uint32_t head = probe(session, i);
    const int ready = readiness(entry_of(head), session);
    const std::uint64_t ended = ready == 0 ? 0 : head_at(head).ended;
    if (ready < best_readiness || (ready == best_readiness && ended >= best_ended)) continue;
    best = head;
    best_readiness = ready;
    best_ended = ended;
  }
  return best;
}

// The state of a head that the caller has.
std::uint32_t locked() {
  const std::uint32_t tid = tid_of_caller();
  if (*g_ring.epoch != g_ring.super->pid) {
    __atomic_store_n(&g_heads.header->others, 1u, __ATOMIC_RELAXED);
  }
  return kHeadLocked | tid << kHeadHolderAt;
}

std::uint32_t holder_of(HeadEntry entry) {
  return (state_of(entry) & kHeadLocked) != 0 ? state_of(entry) >> kHeadHolderAt : 0;
}

// The holder is no more. How far it had come nobody knows, so nothing is added any more; and the
// table of who is wanted may count one too many for good, never one too few.
bool let_go(std::uint32_t head, HeadEntry entry) {
  const std::uint32_t state = (state_of(entry) | kHeadFull) & ~(kHeadLocked | kHeadHolder);
  __atomic_fetch_add(&head_at(head).gaps, 1u, __ATOMIC_RELAXED);
  return swap_entry(head, entry, head_entry(session_of(entry), state));
}

// Of processes that were killed. Asked only where there are such, for a filter of system calls may
// kill whoever asks.
bool let_go_of_the_dead(std::uint32_t session) {
  if (__atomic_load_n(&g_heads.header->others, __ATOMIC_RELAXED) == 0) return false;
  const KeepErrno keep;
  bool found = false;
  for (std::uint32_t i = 0; i < probes(); ++i) {
    const std::uint32_t head = probe(session, i);
    const HeadEntry entry = entry_of(head);
    if (holder_of(entry) == 0 || !tids_are_ours()) continue;
    found |= is_gone(holder_of(entry)) && let_go(head, entry);
  }
  return found;
}

// In this order, so that a writer that is killed in between leaves the old head, no head, or the
// new one, never a mixture: lock the old, empty it, name the new. What was never used is empty.
bool take(std::uint32_t head, std::uint32_t session) {
  const HeadEntry old = entry_of(head);
  const std::uint32_t state = state_of(old);
  const std::uint32_t holder = (state & kHeadUsed) != 0 ? session_of(old) : session;
  if (readiness(old, session) == 0) return false;
  const std::uint32_t mine = locked();
  if (!swap_entry(head, old, head_entry(holder, state | kHeadUsed | mine))) return false;
  HeadHeader& header = head_at(head);
  const std::uint32_t generation = next_generation(unpack(header.commit).generation);
  __atomic_store_n(&header.commit, pack({generation, 0, sizeof(HeadHeader)}), __ATOMIC_RELEASE);
  __atomic_store_n(&header.gaps, std::uint64_t{0}, __ATOMIC_RELAXED);
  if ((state & (kHeadUsed | kHeadStale | kHeadClosed)) == (kHeadUsed | kHeadStale)) {
    __atomic_fetch_add(&g_heads.header->given_away, 1u, __ATOMIC_RELAXED);
  }
  count_wanted(session, 1);
  __atomic_store_n(&g_heads.entries[head], head_entry(session, kHeadUsed | mine), __ATOMIC_RELEASE);
  if (wants(state)) count_wanted(session_of(old), -1);
  return true;
}

std::uint32_t begin_new_head(std::uint32_t session) {
  // Another thread may take the chosen one at the same moment; whoever loses looks again.
  for (int tries = 0; tries < 4; ++tries) {
    const std::uint32_t head = choose(session);
    if (head == kNoHead && !let_go_of_the_dead(session)) break;
    if (head == kNoHead) continue;
    if (take(head, session)) return head;
  }
  __atomic_fetch_add(&g_heads.header->refused, 1u, __ATOMIC_RELAXED);
  return kNoHead;
}

// Adds and takes away states, as long as the head is this session's.
void change(std::uint32_t head, std::uint32_t session, std::uint32_t add, std::uint32_t remove) {
  HeadEntry seen = entry_of(head);
  std::uint32_t after = 0;
  do {
    if (session_of(seen) != session || (state_of(seen) & kHeadUsed) == 0) return;
    after = (state_of(seen) | add) & ~remove;
  } while (!__atomic_compare_exchange_n(&g_heads.entries[head], &seen, head_entry(session, after),
                                        false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  if (wants(state_of(seen)) && !wants(after)) count_wanted(session, -1);
}

// False: it does not fit, and so nothing later may either. With one store of the commit word.
bool add_copies(HeadHeader& header, std::uint32_t head_bytes, const Recorded& input,
                const Recorded* says) {
  const std::uint64_t commit = header.commit;
  const std::uint32_t committed = unpack(commit).committed;
  const std::uint64_t room = head_bytes - committed;
  // Alone first, so that the sum can't wrap.
  if (input.size > room || (says != nullptr && says->size > room)) return false;
  const std::uint64_t input_bytes = copy_bytes_of(input);
  const std::uint64_t says_bytes = says != nullptr ? copy_bytes_of(*says) : 0;
  if (input_bytes + says_bytes > room) return false;
  unsigned char* to = reinterpret_cast<unsigned char*>(&header) + committed;
  write_copy(to, input);
  std::uint64_t after = commit_after(commit, input_bytes);
  if (says != nullptr) {
    write_copy(to + input_bytes, *says);
    after = commit_after(after, says_bytes);
  }
  __atomic_store_n(&header.commit, after, __ATOMIC_RELEASE);
  return true;
}

}  // namespace

CRASHREEL_HOT_DATA constinit Heads g_heads = {.wanted = g_none_wanted,
                                              .header = nullptr,
                                              .entries = nullptr,
                                              .first = nullptr,
                                              .wanted_mask = 0,
                                              .count = 0,
                                              .bytes = 0};

Region plan_heads(std::uint64_t offset, std::uint64_t bytes, std::uint64_t head_bytes) {
  std::uint64_t each = head_bytes == 0 ? kUsualHeadBytes : head_bytes / 64 * 64;
  if (each < kMinHeadBytes) each = kMinHeadBytes;
  if (each > kMaxHeadBytes) each = kMaxHeadBytes;
  if (head_bytes == 0 && heads_in(bytes, each) < kFewHeads) each = kMinHeadBytes;
  const std::uint32_t count = heads_in(bytes, each);
  if (count == 0) return {};
  const std::uint64_t used = first_head_at(count) + count * each;
  return {offset, used, static_cast<std::uint32_t>(each), count};
}

void set_up_heads(unsigned char* base, const Region& region) {
  Heads& heads = g_heads;
  if (region.count == 0) {
    heads.count = 0;
    heads.wanted_mask = 0;
    heads.wanted = g_none_wanted;
    return;
  }
  unsigned char* at = base + region.offset;
  heads.header = reinterpret_cast<HeadsHeader*>(at);
  heads.wanted = at + sizeof(HeadsHeader);
  heads.wanted_mask = wanted_for(region.count) - 1;
  heads.entries = reinterpret_cast<HeadEntry*>(at + head_entries_at(region.count));
  heads.first = at + first_head_at(region.count);
  heads.count = region.count;
  heads.bytes = region.stride;
}

std::uint32_t begin_head(std::uint32_t kind, std::uint32_t session) {
  if (g_heads.count == 0) return kNoHead;
  if (kind == CRASHREEL_OPEN) return begin_new_head(session);
  if (kind != CRASHREEL_DATA && kind != CRASHREEL_MASKED) return kNoHead;
  const std::uint32_t head = find(session);
  if (head == kNoHead) return kNoHead;
  const HeadEntry entry = entry_of(head);
  if (session_of(entry) != session || !wants(state_of(entry))) return kNoHead;
  if ((state_of(entry) & kHeadLocked) == 0 &&
      swap_entry(head, entry, head_entry(session, state_of(entry) | locked()))) {
    return head;
  }
  __atomic_fetch_add(&head_at(head).gaps, 1u, __ATOMIC_RELAXED);
  return kNoHead;
}

void end_head(std::uint32_t head, const Recorded& input, const Recorded* says) {
  const bool fits = add_copies(head_at(head), g_heads.bytes, input, says);
  change(head, input.session, fits ? 0u : kHeadFull, kHeadLocked | kHeadHolder);
}

void give_up_head(std::uint32_t head) {
  const std::uint32_t session = session_of(entry_of(head));
  __atomic_fetch_add(&head_at(head).gaps, 1u, __ATOMIC_RELAXED);
  change(head, session, 0, kHeadLocked | kHeadHolder);
}

void let_go_of_heads(std::uint32_t tid) {
  if (tid == 0) return;
  for (std::uint32_t head = 0; head < g_heads.count; ++head) {
    // Another thread may close the session meanwhile.
    for (HeadEntry entry = entry_of(head); holder_of(entry) == tid; entry = entry_of(head)) {
      if (let_go(head, entry)) break;
    }
  }
}

void close_head(std::uint32_t session, std::uint64_t stamp, bool for_all) {
  if (g_heads.count == 0) return;
  const std::uint32_t head = find(session);
  if (head == kNoHead) return;
  __atomic_store_n(&head_at(head).ended, stamp, __ATOMIC_RELAXED);
  change(head, session, for_all ? kHeadClosed : kHeadStale, 0);
}

}  // namespace crashreel::ring
