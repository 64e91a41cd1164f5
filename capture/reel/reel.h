// What is a reel, once it is in memory?
//
// Values only: the inputs that were kept, the program that took them, what was lost on the way and
// what is known of the crash. Nothing here knows files, rings or processes: ReelReader/ReelWriter
// carry a Reel to and from a file (FORMAT.md), salvage makes one from a dead process's ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace crashreel {

// One thing that came from outside. The numbers are those of the file format and of crashreel.h.
enum class InputKind : std::uint8_t {
  kOpen = 1,    // a session began; data says what it is (see Input::data)
  kData = 2,    // bytes received: exactly what one read of the program returned
  kClose = 3,   // the other side ended the session
  kSignal = 4,  // a signal was delivered; data is its number as decimal text
  kClock = 5,   // a clock was read; data is nanoseconds as decimal text
  kRandom = 6,  // random bytes were read; data is the bytes
  kNote = 7,    // the program said something about itself; data is its text
  kMasked = 8,  // which bytes of its session's previous data were masked, and how (FORMAT.md)
  kDigest = 9,  // what the program answered in this session since its previous input (FORMAT.md)
};
inline constexpr InputKind kLastInputKind = InputKind::kDigest;

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;  // our stamps and dates count nanoseconds

// Stands for "no session": signals, clock, random bytes, notes.
inline constexpr std::uint32_t kNoSession = 0xffffffff;

// Why an input is in the reel. The numbers are those of the file format.
enum class Place : std::uint8_t {
  kTail = 0,     // one of the newest; nothing is missing between it and the end
  kPrelude = 1,  // one of the first after the program's start
  kHead = 2,     // one of the first of a session that was still open, older than the tail
  kPinned = 3,   // the newest of a key that the program named, older than the tail
};
inline constexpr Place kLastPlace = Place::kPinned;

struct Input {
  std::uint64_t seq = 0;      // place in the one order over all threads, from the program's start
  std::uint64_t time_ns = 0;  // since the program's start
  std::uint32_t thread = 0;   // small number of the thread that took it in
  std::uint32_t session = kNoSession;
  InputKind kind = InputKind::kData;
  // kData: the bytes. kOpen: a line of text, "TRANSPORT DIRECTION [LOCAL [PEER]]", for example
  // "tcp inbound 127.0.0.1:6379 127.0.0.1:50112", "stdin inbound", "app inbound"; may be empty.
  std::string data;
  Place place = Place::kTail;

  bool operator==(const Input&) const = default;
};

// An input in the narrow sense, the one that N counts and the minimizer removes one by one: what
// sessions bring, and signals. Openings and closings are counted apart.
bool counts_as_input(InputKind kind);

const char* name_of(InputKind kind);                         // "open", "data", ...
std::optional<InputKind> input_kind_of(const std::string&);  // the way back
const char* name_of(Place place);                            // "tail", "prelude", ...
std::optional<Place> place_of(const std::string&);

enum class TargetKind : std::uint8_t {
  kServer = 1,    // takes connections; replayed by the player from inside
  kStdin = 2,     // reads its standard input
  kFunction = 3,  // offers itself as functions (capture/runtime/adapter.h)
};

const char* name_of(TargetKind kind);  // "server", "stdin", "function"

// Which program it was and how it was started. Paths and texts are bytes, not necessarily UTF-8.
struct Program {
  TargetKind kind = TargetKind::kServer;
  std::string executable;         // absolute path
  std::vector<std::string> argv;  // argv[0] first
  std::vector<std::string> env;   // "NAME=value", the allowed ones only
  std::string working_directory;  // absolute path; empty when not known
  std::string build_id;           // GNU build id of the executable in hex; empty when it has none
  std::uint32_t pid = 0;          // of the recorded process; 0 when not recorded
  std::uint64_t start_realtime_ns = 0;  // since 1970; 0 when not recorded

  bool operator==(const Program&) const = default;
};

// A file that the program had: configuration that it opened before its first session, or one that
// was added by hand. It lies in the try's private working directory under its base name.
struct ReelFile {
  std::string path;  // as the program named it
  std::uint32_t mode = 0600;
  std::string bytes;

  bool operator==(const ReelFile&) const = default;
};

// A file that the program read before its first session and that is too large to travel.
struct FileDigest {
  std::string path;  // as the program named it
  std::uint64_t bytes = 0;
  std::uint64_t modified_realtime_ns = 0;  // since 1970
  // Over its content, as FORMAT.md has it for answers; nothing where it was too large to be read.
  std::optional<std::uint64_t> digest;

  bool operator==(const FileDigest&) const = default;
};

// What is not in the reel, counted to the last input.
struct Loss {
  std::uint64_t first_kept_seq = 0;      // seq of the oldest input of the contiguous tail
  std::uint64_t overwritten_inputs = 0;  // rolled over by newer ones
  std::uint64_t overwritten_bytes = 0;   // their payload
  std::uint64_t trimmed_inputs = 0;      // were whole in the ring, left out by a bound on the count
  std::uint64_t sparse_inputs = 0;       // older survivors with gaps among them, left out
  std::uint64_t cut_payloads = 0;        // inputs whose payload is not whole
  std::uint64_t torn_inputs = 0;         // begun and never committed: the process died in between
  std::uint64_t dropped_inputs = 0;      // no room was to be had (threads, depth): never recorded
  bool reaches_start = true;             // nothing is missing between the start and the end

  bool operator==(const Loss&) const = default;
};

// What each place of the ring was bounded by, and what these bounds cost. How many inputs of a
// place are in the reel, its inputs say (Input::place).
struct Keeping {
  bool known = false;  // it was a ring that the reel was made of

  // Tail. A bound of 0 is none. What the room cost, Loss::overwritten_inputs says.
  std::uint64_t tail_bytes = 0;     // room, shared with all that stands around the payloads
  std::uint64_t most_inputs = 0;    // in the narrow sense
  std::uint64_t most_age_ns = 0;    // before the end
  std::uint64_t beyond_inputs = 0;  // whole in the ring, left out by the bound on inputs
  std::uint64_t beyond_age = 0;     // or by that on age

  // Prelude: complete up to where it was full.
  std::uint64_t prelude_bytes = 0;
  bool prelude_full = false;

  // Heads: so many places of so many bytes each.
  std::uint64_t heads = 0;
  std::uint64_t head_bytes = 0;
  std::uint64_t heads_open = 0;     // of sessions that were open
  std::uint64_t heads_full = 0;     // of these: complete up to the bound, and no further
  std::uint64_t heads_gapped = 0;   // of these: lack inputs that two threads took at once
  std::uint64_t heads_refused = 0;  // sessions that found no place, or lost it to another

  // Pins: so many keys, of so many bytes each.
  std::uint64_t pins = 0;
  std::uint64_t pin_bytes = 0;
  std::uint64_t pins_used = 0;     // keys that have one
  std::uint64_t pins_refused = 0;  // inputs whose key found no place
  std::uint64_t pins_missed = 0;   // inputs that did not become the newest of their key

  bool operator==(const Keeping&) const = default;
};

// What was kept out on purpose. Of a rule only its number and kind are known ("1 mask:after",
// "0 hook"): its text may be the secret. What was masked in an input, a kMasked input behind it
// says.
struct Redaction {
  std::vector<std::string> rules;          // of recording; numbers as in kMasked inputs
  std::vector<std::string> salvage_rules;  // of salvage: the ring itself held the clear bytes
  std::uint64_t masked_facts = 0;          // arguments, variables, paths and files of the program

  bool none() const { return rules.empty() && salvage_rules.empty(); }
  bool operator==(const Redaction&) const = default;
};

// One stack frame, innermost first.
struct Frame {
  std::string module;        // base name of the mapped file; empty when the address is in none
  std::string build_id;      // of that module, hex; may be empty
  std::uint64_t offset = 0;  // into the module (virtual address minus load bias)
  // Name of the function where a symbol covers the address, else empty; before it those that were
  // inlined there, as far as is known: "leaf < middle < outer" (telling_functions.h).
  std::string symbol;

  bool operator==(const Frame&) const = default;
};

// Which crash it was. Comparison is harness/signature.h's; this is only the record of it.
struct Signature {
  std::string kind;           // "SIGSEGV", "SIGABRT", ...; empty: none known
  std::vector<Frame> frames;  // may be empty although the kind is known

  bool operator==(const Signature&) const = default;
};

// Why a reel was made. The numbers are those of the file format.
enum class SaveReason : std::uint8_t {
  kUnknown = 0,
  kCrash = 1,     // a signal or a sanitizer ended the program
  kAbnormal = 2,  // its exit status was not 0
  kAlways = 3,    // it ended, and every end was asked for
  kSignal = 4,    // somebody asked by a signal
  kRequest = 5,   // the program asked
  kHang = 6,      // it took no input any more
  kSalvage = 7,   // somebody took it out of the ring by hand
};
inline constexpr SaveReason kLastSaveReason = SaveReason::kSalvage;

const char* name_of(SaveReason reason);  // "crash", "abnormal", ...

// Of a sanitizer's report so much is kept, from its beginning.
inline constexpr std::size_t kMaxReportBytes = 64 << 10;

// How the recorded program ended.
struct CrashFacts {
  bool known = false;       // somebody saw it end (its exit status was collected)
  std::int32_t signal = 0;  // that killed it; 0: it exited
  std::int32_t exit_status = 0;
  std::uint64_t time_ns = 0;  // since the program's start
  Signature signature;        // of production where known, else of the first replay that agreed
  bool signature_from_replay = false;
  SaveReason reason = SaveReason::kUnknown;
  bool still_running = false;  // when the reel was made
  // What the kernel told the program with the signal, where the program wrote it down.
  std::optional<std::int32_t> code;  // si_code
  std::optional<std::uint64_t> address;
  std::string report;  // a sanitizer's text or the program's, at most kMaxReportBytes

  bool operator==(const CrashFacts&) const = default;
};

// What this reel was made from, where it is not production's own.
struct Lineage {
  std::string origin;  // a path, or "session 3 of night.reel"
  std::string parent;  // SHA-1 of that file, 40 hex digits, where there is one

  bool operator==(const Lineage&) const = default;
};

struct Reel {
  Program program;
  Loss loss;
  CrashFacts crash;
  Redaction redaction;
  Keeping keeping;
  Lineage lineage;
  std::vector<FileDigest> file_digests;
  std::vector<ReelFile> files;
  std::vector<Input> inputs;  // by seq, strictly rising

  bool operator==(const Reel&) const = default;
};

// How many of a reel's inputs, from the front, are the prelude.
std::size_t prelude_of(const Reel& reel);

}  // namespace crashreel
