// What do the bytes of a ring mean? (RING.md in words, this file in structs.)
//
// Plain structs that lie in a shared mapping, and the few pure functions that writer and salvage
// must agree upon. Nothing here opens, maps, writes or trusts anything: whoever reads a ring checks
// each number first. libc only, so that the writer can live in other people's programs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace crashreel::ring {

inline constexpr std::array<unsigned char, 8> kMagic = {0x89, 'C', 'R', 'R', 'I', 'N', 'G', '\n'};
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kOldestVersion = 1;  // that salvage reads (reel/ring_v1.h)
inline constexpr std::uint32_t kByteOrder = 0x01020304;

inline constexpr std::uint64_t kMinRingBytes = 64u << 10;
inline constexpr std::uint64_t kMaxRingBytes = 64ull << 30;
inline constexpr std::uint32_t kMinChunkBytes = 4u << 10;
inline constexpr std::uint32_t kMaxChunkBytes = 256u << 10;
inline constexpr std::uint32_t kMinChunks = 8;
inline constexpr std::uint64_t kMinFactsBytes = 8u << 10;
inline constexpr std::uint64_t kMaxFactsBytes = 4u << 20;
inline constexpr std::uint64_t kMaxPayloadBytes = 1ull << 30;

// How the stamps of a ring are claimed.
enum class Clock : std::uint32_t {
  kCycles = 1,     // the CPU's constant-rate counter
  kMonotonic = 2,  // CLOCK_MONOTONIC in nanoseconds
};

// The kinds of crashreel.h. All of them count in totals and losses, for all have a place in the
// order.
inline constexpr std::uint32_t kFirstKind = 1;
inline constexpr std::uint32_t kLastKind = 9;

struct ClockPair {
  std::uint64_t stamp;
  std::uint64_t monotonic_ns;
};

// What stands behind payloads.
enum class PayloadSum : std::uint32_t {
  kNone = 0,
  kCrc32c = 1,       // a word, as ring_sum.h says, behind those of records
  kCrc32cOfAll = 2,  // and behind those of the copies in heads and pins
};
inline constexpr std::uint32_t kPayloadSumBytes = 8;

// A part of the file that older writers do not have: then all is 0.
struct Region {
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint32_t stride;  // of one entry
  std::uint32_t count;   // of entries
};

struct Superblock {
  // Immutable: written at start, the magic last.
  std::array<unsigned char, 8> magic;
  std::uint32_t version;
  std::uint32_t byte_order;
  std::uint32_t superblock_bytes;
  std::uint32_t immutable_bytes;
  std::uint64_t ring_bytes;
  std::uint64_t end_offset;
  std::uint64_t end_bytes;
  std::uint64_t facts_offset;
  std::uint64_t facts_bytes;
  std::uint64_t chunks_offset;
  std::uint32_t chunk_bytes;  // the stride, header included
  std::uint32_t chunk_count;
  std::uint32_t prelude_chunks;
  std::uint32_t chunk_header_bytes;
  std::uint32_t record_header_bytes;
  Clock clock;
  std::uint64_t keep_inputs;    // 0: no bound
  std::uint64_t pid_namespace;  // inode of /proc/self/ns/pid, 0: not known
  std::uint32_t pid;
  std::uint32_t reserved;
  std::array<unsigned char, 16> boot_id;
  std::uint64_t start_realtime_ns;
  ClockPair start;
  ClockPair ready;             // at least 2 ms after start
  Region heads;                // how sessions began (ring_kept.h)
  Region pins;                 // the newest input of each key that the program named
  std::uint64_t keep_age_ns;   // 0: no bound
  std::uint64_t crash_offset;  // what the program leaves when it dies (ring_crash.h)
  std::uint64_t crash_bytes;   // 0: none
  PayloadSum payload_sum;
  std::uint32_t crc;  // over the immutable part behind the magic, without this field

  // Counters, by who touches them together.
  alignas(64) std::uint64_t facts_committed;  // bytes of the facts region
  std::uint32_t facts_lock;
  std::uint32_t facts_refused;       // entries that found no room
  alignas(64) std::uint64_t cursor;  // where the pool is tried next by who has no place left
  std::uint64_t taken;               // how often a pool chunk was taken
  std::uint32_t prelude_taken;
  std::uint32_t slots;                // numbers given out
  alignas(64) std::uint64_t dropped;  // inputs that were never recorded
  std::uint32_t sessions;             // numbers given out by crashreel_new_session()
  std::uint32_t stopped_pid;          // who called crashreel_stop(), 0: nobody
  // Between the program and a recorder that stands beside it; 0 where there is none.
  alignas(64) std::uint32_t saves_asked;  // how often crashreel_save_now() was called; a futex
  std::uint32_t attendant_pid;            // who waits on it
  alignas(64) std::array<unsigned char, 4096 - 256 - 4 * 64> rest;
};

// Two of these lie in each chunk; the parity of the record count chooses.
struct Totals {
  std::uint64_t inputs;
  std::uint64_t bytes;
  std::uint64_t last_stamp;
};

// Two of these lie in each chunk; the parity of the generation chooses.
struct Bank {
  std::uint32_t pid;
  std::uint32_t tid;
  std::uint32_t slot;
  std::uint32_t check;      // over this bank and its generation
  std::uint64_t earliest;   // smallest first stamp of this and all earlier generations
  std::uint64_t prev_last;  // greatest stamp of all earlier generations
  std::uint64_t lost_inputs;
  std::uint64_t lost_bytes;
  ClockPair pair;  // taken when the generation began
};

enum ChunkState : std::uint32_t { kFree = 0, kHeld = 1, kFull = 2 };

struct ChunkHeader {
  std::uint64_t commit;  // CommitWord, packed
  std::uint64_t begun;   // CommitWord of the input that is being written; `committed` is 0
  std::array<Totals, 2> totals;
  std::array<Bank, 2> banks;
  std::uint64_t state;  // ChunkState in the low half; high half: holder's tid, or `taken` when full
  std::array<unsigned char, 56> zeros;
};

inline constexpr unsigned kFirst = 1, kLast = 2, kCut = 4;  // Record::flags

// What a record says of itself, and the three words that say it in the ring.
struct Record {
  std::uint32_t len;
  std::uint32_t kind;   // 8 bits
  std::uint32_t flags;  // 8 bits
  std::uint32_t session;
  std::uint32_t extra;
  std::uint64_t stamp;
};

struct RecordHeader {
  std::uint64_t what;   // len, kind << 32, flags << 40, check << 48
  std::uint64_t whose;  // session, extra << 32
  std::uint64_t stamp;
};

enum class Fact : std::uint32_t {
  kArgument = 1,
  kEnvironment = 2,
  kWorkingDirectory = 3,
  kExecutable = 4,
  kBuildId = 5,
  kTargetKind = 6,
  kFile = 7,
  kRedaction = 8,    // which rules there are
  kMaskedFact = 9,   // the fact before it, of this kind, was masked in part
  kFileDigest = 10,  // LargeFile, then a path
};

// A file that is too large to be kept. All little-endian, as everything here.
struct LargeFile {
  std::uint64_t bytes;
  std::uint64_t modified_realtime_ns;
  std::uint64_t digest;      // OutputDigest's over the content; 0 unless
  std::uint32_t has_digest;  // this is 1
  std::uint32_t zero;
};

struct FactHeader {
  std::uint32_t kind;
  std::uint32_t size;
  std::uint32_t crc;  // over kind, size and payload
  std::uint32_t zero;
};

inline constexpr std::uint32_t kEndMagic = 0x31444e45;  // "END1"

struct EndHeader {
  std::uint32_t magic;
  std::uint32_t size;
  std::uint32_t crc;  // over the payload
  std::uint32_t zero;
};

static_assert(sizeof(Superblock) == 4096 && offsetof(Superblock, crc) == 252);
static_assert(offsetof(Superblock, facts_committed) == 256);
static_assert(sizeof(Totals) == 24 && sizeof(Bank) == 64);
static_assert(sizeof(ChunkHeader) == 256);
static_assert(offsetof(ChunkHeader, totals) == 16 && offsetof(ChunkHeader, banks) == 64);
static_assert(offsetof(ChunkHeader, state) == 192);
static_assert(sizeof(RecordHeader) == 24);
static_assert(sizeof(LargeFile) == 32);
static_assert(sizeof(FactHeader) == 16 && sizeof(EndHeader) == 16);
static_assert(std::is_trivially_copyable_v<Superblock> && std::is_standard_layout_v<Superblock>);
static_assert(std::is_trivially_copyable_v<ChunkHeader> && std::is_standard_layout_v<ChunkHeader>);
static_assert(__atomic_always_lock_free(8, nullptr) && __atomic_always_lock_free(4, nullptr),
              "the commit word must be one store");
static_assert(kMaxChunkBytes / 8 <= 0xffff && kMaxChunkBytes / sizeof(RecordHeader) <= 0xffff,
              "committed bytes and record count must fit the commit word");

struct CommitWord {
  std::uint32_t generation;
  std::uint32_t records;    // at most 65535
  std::uint32_t committed;  // bytes from the chunk's start, a multiple of 8
};

constexpr std::uint64_t pack(CommitWord word) {
  return static_cast<std::uint64_t>(word.generation) << 32 |
         static_cast<std::uint64_t>(word.records) << 16 | word.committed / 8;
}

constexpr CommitWord unpack(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word >> 16 & 0xffff),
          static_cast<std::uint32_t>(word & 0xffff) * 8};
}

// The parity must alternate and 0 means "never used".
constexpr std::uint32_t next_generation(std::uint32_t generation) {
  return generation == 0xffffffff ? 2 : generation + 1;
}

static_assert(unpack(pack({3, 2, 4096})).committed == 4096);

constexpr std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + 7) & ~std::uint64_t{7};
}

// Of a record without its payload and that one's padding.
constexpr std::uint32_t record_bytes(PayloadSum sum) {
  return sizeof(RecordHeader) + (sum == PayloadSum::kNone ? 0 : kPayloadSumBytes);
}

// What the commit word of a chunk becomes with one more record of `bytes`, header and padding
// included; and what `begun` says while that record is written.
constexpr std::uint64_t commit_after(std::uint64_t commit, std::uint64_t bytes) {
  return commit + (std::uint64_t{1} << 16) + bytes / 8;
}
constexpr std::uint64_t begun_after(std::uint64_t commit) {
  return (commit | 0xffff) + 1;
}

// Two multiplications over the three words, the top bits kept: about one nanosecond, and each bit
// of the header reaches them. The constants are odd, with their top bits set.
constexpr std::uint64_t check_of(const RecordHeader& header) {
  const std::uint64_t what = header.what & 0xffffffffffff;
  const std::uint64_t mix = what * 0x9e3779b97f4a7c15 + header.whose;
  return (mix ^ mix >> 29 ^ header.stamp) * 0xff51afd7ed558ccd >> 48;
}

constexpr RecordHeader pack_record(const Record& record) {
  RecordHeader header{
      record.len | std::uint64_t{record.kind} << 32 | std::uint64_t{record.flags} << 40,
      record.session | std::uint64_t{record.extra} << 32, record.stamp};
  header.what |= check_of(header) << 48;
  return header;
}

constexpr Record unpack_record(const RecordHeader& header) {
  return {static_cast<std::uint32_t>(header.what),
          static_cast<std::uint32_t>(header.what >> 32 & 0xff),
          static_cast<std::uint32_t>(header.what >> 40 & 0xff),
          static_cast<std::uint32_t>(header.whose),
          static_cast<std::uint32_t>(header.whose >> 32),
          header.stamp};
}

constexpr bool check_fits(const RecordHeader& header) {
  return header.what >> 48 == check_of(header);
}

namespace detail {
constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ c >> 1 : c >> 1;
    table[i] = c;
  }
  return table;
}
inline constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();
}  // namespace detail

// CRC-32 as in zlib; `crc` continues an earlier call. For what is written once: a byte takes 2 ns.
inline std::uint32_t crc32(const void* bytes, std::size_t size, std::uint32_t crc = 0) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  crc = ~crc;
  for (std::size_t i = 0; i < size; ++i) {
    crc = detail::kCrcTable[(crc ^ at[i]) & 0xff] ^ crc >> 8;
  }
  return ~crc;
}

inline std::uint32_t crc_of(const Superblock& super) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&super);
  return crc32(bytes + sizeof super.magic, offsetof(Superblock, crc) - sizeof super.magic);
}

// Each step is a bijection of what came before, so a change of one word changes the sum. A CRC
// would cost a hundred nanoseconds for each chunk that is taken.
inline std::uint32_t check_of(Bank bank, std::uint32_t generation) {
  bank.check = generation;
  std::array<std::uint64_t, sizeof bank / 8> words;
  __builtin_memcpy(words.data(), &bank, sizeof bank);
  std::uint64_t sum = 0;
  for (const std::uint64_t word : words) {
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    sum ^= sum >> 32;
  }
  return static_cast<std::uint32_t>(sum);
}

inline std::uint32_t crc_of(const FactHeader& header, const void* payload) {
  return crc32(payload, header.size, crc32(&header, offsetof(FactHeader, crc)));
}

}  // namespace crashreel::ring
