// Where does a thread of this process write its next record?
//
// The writer's side of one ring: the mapping, the chunks' owners, the facts. Inside the library
// only; programs use crashreel.h. Nothing here waits: what can't be had at once is counted as
// dropped. The one ring of a process is a global, because a signal handler has no other way to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>

#include "capture/runtime/ring_copy.h"
#include "capture/runtime/ring_format.h"

namespace crashreel::ring {

// How deep records may interrupt each other in one thread: the program, a signal handler, and one
// more handler upon it.
inline constexpr std::uint32_t kDepths = 3;

// What a thread needs to append to its chunk, one per depth; what each record touches lies in one
// cache line. A zeroed slot has no room: the first record finds out on the slow path.
struct alignas(64) Slot {
  unsigned char* at;     // where the next record goes
  unsigned char* end;    // of the chunk
  ChunkHeader* chunk;    // null: none held
  std::uint64_t commit;  // the chunk's commit word as we last stored it
  std::uint64_t last_stamp;
  // Running totals of this generation. Not read back from the chunk: a load of two words that were
  // stored a moment ago as two waits until they have reached the cache, behind all else.
  std::uint64_t inputs;
  std::uint64_t bytes;
  std::uint32_t epoch;  // pid that this slot was set up for
  std::uint32_t number;

  std::uint32_t tid;
  std::uint32_t places_left;  // of the pool, to be tried by this slot
  std::uint64_t place;        // the first of them
  ClockPair pair;             // the newest that was read
};

struct Thread {
  std::uint32_t depth;
  std::uint32_t refusals;   // how often no chunk was to be had
  std::uint32_t in_flight;  // session of its last input, plus 1; 0: there was none
  Slot slots[kDepths];
};

// Everything here is written by start() before `*epoch` becomes non-zero, and then only read.
struct Ring {
  Superblock* super;
  unsigned char* base;
  unsigned char* chunks;
  // Points to the pid of the process, in a page that a fork wipes to 0. Before start and after stop
  // it is 0 too, so that one comparison with Slot::epoch covers all that can have happened.
  std::uint32_t* epoch;
  // Where a thread's part of t_thread lies, from its thread pointer; 0 before start. The compiler
  // would read it from a table of the loader's, in a page of its own (hot_data.h).
  std::intptr_t thread_offset;
  decltype(&::clock_gettime) clock_gettime;  // the C library's own, whatever else is preloaded
  std::uint64_t max_payload;
  std::uint32_t chunk_bytes;
  std::uint32_t prelude_chunks;
  std::uint32_t pool_chunks;
  std::uint32_t min_piece;     // a smaller rest of a chunk is left empty rather than filled
  std::uint32_t record_bytes;  // of a record without its payload
  std::uint32_t exit_key;      // of the thread-exit destructor
  bool has_exit_key;
  // How deep records may nest: kDepths, or 0 where nothing is recorded yet and where each input
  // must be redacted first. So the record path asks for both with the comparison that it makes
  // anyway.
  std::uint32_t depths;
  bool cycles;     // stamps are the cycle counter
  bool sums;       // payloads have a sum
  bool plain;      // cycles and no sums: small records take the short way
  bool sums_here;  // cycles and sums by the processor's own instruction: nearly as short a way
  bool active;     // started and not stopped
  Copies copies;
};

extern Ring g_ring;
extern constinit thread_local Thread t_thread;

// The caller's part of t_thread; null before start.
inline Thread* thread_of_caller() {
#if defined(__x86_64__)
  const std::intptr_t offset = g_ring.thread_offset;
  if (offset == 0) return nullptr;
  return reinterpret_cast<Thread*>(static_cast<char*>(__builtin_thread_pointer()) + offset);
#else
  return &t_thread;
#endif
}

struct Plan {
  const char* path;
  std::uint64_t ring_bytes;
  std::uint64_t prelude_bytes;
  std::uint64_t keep_inputs;
  std::uint64_t keep_age_ns;
  std::uint64_t heads_bytes;
  std::uint64_t head_bytes;
  std::uint64_t pins_bytes;
  std::uint64_t pin_keys;
  bool leaves_crash;  // with a crash region
  bool sums;          // over payloads
};

// Makes the file and the mapping, and fills g_ring but for `active` and the epoch. 0 or errno; on
// failure nothing is left behind.
int create(const Plan& plan);

// What attaching to a ring (ring_attach.h) shares with making one: the clock; the page that a fork
// wipes (0 or errno); all that follows from the superblock, once `base`, clock and copies are set.
void find_clock(Ring& ring);
bool cycles_are_trustworthy();  // moves this thread from CPU to CPU and back, if it must
int map_epoch(std::uint32_t** epoch);
void set_up(Ring& ring, const Superblock& super);

// Appends one fact, redacted; the payload is given in up to three parts. 0, ENOSPC, EBUSY after a
// bounded wait for another thread's fact, ENOSYS without a ring. Safe in signal handlers.
struct Part {
  const void* bytes;
  std::size_t size;
  bool is_ours = false;  // numbers and the like, which redaction leaves alone
};
int add_fact(Fact kind, Part first, Part second = {}, Part third = {});

// argv, environment, working directory, executable, build id of this process. What does not fit is
// counted in the superblock. Called once, by start().
void add_program_facts();

// Which redaction rules there are, if there are any. Called once, by start().
void add_redaction_fact();

// Gives back the slot's chunk, if any, and takes another for a record with this stamp. False when
// none is to be had; then the slot has none.
bool take_chunk(Slot& slot, Thread& thread, std::uint64_t stamp);
void give_back(Slot& slot);

// crashreel_record_(), for what is not an input: whose the calls of that name are, in a program
// that has the library too, the loader decides.
// `cycles`: what read_cycles() has just said; 0: to be asked.
void record_now(std::uint32_t kind, std::uint32_t session, const void* bytes, std::size_t size,
                std::uint64_t cycles = 0);

// crashreel_data(), for the recorder, where the caller has just come back from the kernel.
void record_received(std::uint32_t session, const void* bytes, std::size_t size);

// crashreel_record_() itself, to be compared with what the loader has found under that name.
extern "C" [[gnu::visibility("hidden")]] void crashreel_record_of_this_library(
    std::uint32_t kind, std::uint32_t session, const void* bytes, std::size_t size);

// Records what began at `stamp`, before others may have recorded what followed from it: so it has
// that stamp, in the first of the thread's slots that has recorded nothing since.
void record_late(std::uint64_t stamp, std::uint32_t kind, std::uint32_t session, const void* bytes,
                 std::size_t size);

// Called at a thread's exit: its chunks may be reused at once.
void thread_exits(void* thread);

}  // namespace crashreel::ring
