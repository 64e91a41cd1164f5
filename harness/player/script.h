// What do the harness and the player tell each other?
//
// One shared memory file per try. The harness writes the header, the steps and their payload and
// hands the descriptor over in $CRASHREEL_SCRIPT; the player, inside the fresh instance, performs
// the steps one by one whenever the program is idle and writes down how far it came and, should the
// program die, how. Both sides are built from one tree, so the layout has a version but no history.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace crashreel {

inline constexpr char kScriptEnv[] = "CRASHREEL_SCRIPT";
inline constexpr char kScriptName[] = "crashreel-script";          // of all shared memory of ours
inline constexpr std::uint64_t kScriptMagic = 0x3170697263737243;  // "Crscrip1", little-endian
inline constexpr std::uint32_t kScriptVersion = 9;

// The numbers of InputKind. The last three are of a function's steps alone.
enum class StepKind : std::uint32_t {
  kOpen = 1,
  kData = 2,
  kClose = 3,
  kSignal = 4,
  kClock = 5,
  kRandom = 6,
  kNote = 7,
};

// How a session comes about.
enum class Way : std::uint16_t {
  kCalls = 0,           // the player connects to a listener of the program's
  kIsCalled = 1,        // the program connects: the player is who it calls
  kSendsDatagrams = 2,  // to a socket of the program's, and each has what is answered to it
};

// One thing that the player does, or that a function is called with. Sessions are numbered densely
// from 0; a function's steps may have 0xffffffff, for none.
struct Step {
  std::uint64_t time_ns;         // on the virtual clock, since the try's start; never falling
  std::uint64_t payload_offset;  // from the start of the script; the player's kSignal: unused
  // Bytes; the player's kSignal: the signal's number, kClose: 1 for a reset, 0 where no more is
  // sent.
  std::uint32_t payload_size;
  std::uint32_t session;
  StepKind kind;
  std::uint32_t place;  // kOpen: where, as the program named it (place.h); 0: the first listener
  // The clock jumps here without ending the waits that lie between: inputs are missing before it.
  std::uint16_t after_gap;
  Way way;  // kOpen
  // The same for this input whatever others are left out; 0: it is none of the reel's.
  std::uint32_t key;
};
static_assert(sizeof(Step) == 40);

// The random bytes that production drew between one step and the next.
struct StepRandom {
  std::uint32_t after;  // so many steps
  std::uint32_t unused;
  std::uint64_t offset;  // of the bytes, from the start of the script
  std::uint64_t size;
};

// What the program answered in a step's session until that session's next step: how many bytes, and
// their digest as production's (FORMAT.md).
struct StepAnswer {
  std::uint64_t bytes;
  std::uint64_t digest;
  std::uint64_t unread;  // of the session's last step: bytes of the session that nobody has read
  std::atomic<std::uint32_t> is_whole;  // 0: there may be more, or nobody has looked yet
  std::uint32_t undelivered;            // 1: nobody was there to read what the step brings
};
static_assert(sizeof(StepAnswer) == 32);

// The bytes of what the program answered, where the harness wants them: pieces one behind the other
// without gaps, each behind one of these. Where there is no room for a piece there are no further
// ones.
struct TranscriptPiece {
  std::uint32_t step;  // that was answered
  std::uint32_t size;  // of the bytes that follow
};

inline constexpr std::uint32_t kStopsNowhere = UINT32_MAX;

// Where an instance stands still for a debugger (stop.h). The harness may change it at any time.
struct ScriptStop {
  std::atomic<std::uint32_t> before;    // from this step on it stops before each; or kStopsNowhere
  std::atomic<std::uint32_t> held;      // 1: it waits there until this is 0, a futex
  std::atomic<std::uint32_t> standing;  // 1: it waits
};

// How far the instance came. Only ever grows.
enum class ScriptState : std::uint32_t {
  kWritten = 0,       // the harness wrote it; nobody has read it yet
  kAttached = 1,      // the player is in the process
  kListening = 2,     // the program listens and was idle once; a function: it has started
  kDone = 3,          // every step was performed and the program was idle again
  kCrashed = 4,       // a fatal signal arrived; `crash` says more
  kDeaf = 5,          // the program went idle for good and listens nowhere
  kThreadMissed = 6,  // a copy of a checkpoint would need a thread that was not copied
  kStandstill = 7,    // every thread waits for another one's lock, and nothing can end that
};

inline constexpr std::uint32_t kMaxCrashFrames = 128;
inline constexpr std::uint32_t kMaxCrashMaps = 256 * 1024;
// Enough to hold some rounds of a recursion that goes through many calls or large frames.
inline constexpr std::uint32_t kMaxCrashStack = 256 * 1024;

// Written by the player on the alternate signal stack, first to last; readers trust the sizes only
// as far as they are within bounds.
struct ScriptCrash {
  std::int32_t signal;
  std::int32_t code;            // si_code
  std::uint64_t address;        // si_addr
  std::uint64_t stack_pointer;  // where the fault happened
  std::uint32_t in_flight;      // steps performed so far
  std::uint64_t printed;        // bytes by the program until then, where its handler may speak
  std::uint32_t is_handled;     // 1: the program has a handler of its own for this signal
  std::atomic<std::uint32_t> frame_count;
  std::uint64_t frames[kMaxCrashFrames];  // program counters, innermost first
  std::atomic<std::uint32_t> maps_size;
  std::atomic<std::uint32_t> stack_size;
  char maps[kMaxCrashMaps];    // text of /proc/self/maps
  char stack[kMaxCrashStack];  // from stack_pointer upwards; only where the stack overflowed
};

inline constexpr std::uint32_t kMaxAddress = 128;

// A file that the program could not open.
inline constexpr std::uint32_t kMostFailedOpens = 32;
inline constexpr std::uint32_t kMaxFailedPath = 256;
struct FailedOpen {
  std::int32_t error;         // an errno
  char path[kMaxFailedPath];  // as the program named it; longer ones are not noted
};

struct ScriptHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t step_count;
  std::uint64_t steps_offset;
  std::uint64_t size;               // of the whole file
  std::uint64_t start_realtime_ns;  // what the wall clock shows at the try's start
  std::uint64_t end_time_ns;        // time goes on until here after the last step
  std::uint64_t answers_offset;     // of a StepAnswer for each step; 0: nobody wants to know
  std::uint64_t transcript_offset;  // of room for TranscriptPieces
  std::uint64_t transcript_room;    // bytes; 0: nobody wants them
  std::uint64_t marks_offset;       // before which steps, as std::uint32_t, rising
  std::uint32_t mark_count;         // where checkpoints are left behind on the way
  std::uint32_t feeds;          // 1: the player performs steps; 0: it only watches for the crash
  std::uint64_t random_offset;  // of StepRandom entries, rising
  std::uint32_t random_count;
  std::uint32_t first_key;       // of what came before the first step
  std::uint64_t random_seed;     // of the bytes that production did not draw
  std::uint32_t has_tls;         // 1: sessions have the bytes that were inside their TLS
  std::uint32_t through_kernel;  // 1: no session's bytes bypass it (bypass.h)
  std::uint32_t lets_speak;      // 1: when a crash is written down the program's own handler runs

  ScriptStop stop;
  std::atomic<std::uint32_t> state;        // ScriptState
  std::atomic<std::uint32_t> performed;    // steps performed so far
  std::atomic<std::uint64_t> idles;        // how often the program was found idle: a sign of life
  std::atomic<std::uint64_t> made_random;  // bytes that came of the seed
  std::atomic<std::uint64_t> bypassed;     // inputs that reached the program without the kernel
  std::atomic<std::uint64_t> answer_bytes;
  std::atomic<std::uint64_t> answer_digest;      // of what was answered, session by session
  std::atomic<std::uint64_t> transcript_size;    // bytes of it that are written
  std::atomic<std::uint32_t> undelivered;        // inputs that nobody was there to read
  std::atomic<std::uint32_t> first_undelivered;  // step of the first of them
  std::atomic<std::uint32_t> fed;         // the process that performs the steps; 0: the first
  std::atomic<std::uint32_t> unanswered;  // calls of the program that no session answers
  std::atomic<std::uint32_t> unwatched;   // processes that the first one forked beyond those known
  std::atomic<std::uint32_t> real_times;  // readings of processor time, and timers that count it
  std::uint32_t first_unanswered_size;
  char first_unanswered[kMaxAddress];       // a sockaddr: whom the first of them was for
  std::atomic<std::uint32_t> failed_opens;  // and so many of these are written, at most
  FailedOpen failed_open[kMostFailedOpens];
  ScriptCrash crash;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// The fork server: an instance that stops at its fork point and makes the others (fork_point.h). It
// is told by the descriptor of a SOCK_SEQPACKET socket in this variable, and says there that it is
// ready, or why it can't be. From then on each message of the harness has one answer. When the
// harness closes its end the server ends.
//
// A checkpoint is such a server too, that an instance leaves behind at a mark of its script. The
// instance tells of it on a socket that it got with the script, and goes on when it has an answer
// there, of whatever bytes.
inline constexpr char kForkServerEnv[] = "CRASHREEL_FORK_SERVER";

// Functions of libraries are looked up once in the server, not in each copy when it first calls
// them, which showed at the top of a profile of short tries. With this value, which ld.so(8) does
// not look at, the variable is ours and is gone before the program could see it.
inline constexpr char kBindNowEnv[] = "LD_BIND_NOW";
inline constexpr char kBindNowForCopies[] = "crashreel";

enum class ForkRequest : std::uint32_t {
  kFork = 1,  // with the descriptor of a script and of as many sockets as it says: answered by the
              // number of the new process, and a pidfd of it
  kReap = 2,  // once that process, or a checkpoint that it left behind, has ended: answered by how.
              // Nothing is left then of what that process has started
};

// So many copies and checkpoints of one server may there be at a time.
inline constexpr std::size_t kMostCopies = 120;

// Numbers of processes are as the server has them: it may live in a namespace of its own.
struct ForkOrder {
  ForkRequest request;
  std::int32_t pid;     // kReap: whose end; 0: nobody's, a copy has come back
  std::uint32_t count;  // kReap: of those that are to live on
  // kFork: where it tells of its checkpoints, as its script has marks; then, its line.
  std::uint32_t has_holder;
  std::uint32_t has_line;
  std::int32_t others[kMostCopies];
};

inline constexpr std::size_t kMaxRefusal = 120;

// A copy that may go back to where it began (rewind.h) has a line to the harness, a SOCK_SEQPACKET
// socket. There it says that it begins, and waits for an order, while the harness takes down what
// its files are. Once its script is done, or it would die, it says whether it is back, or will end
// as others do; the latter as soon as it knows. One that is back waits for an order with the next
// script, and ends when the harness closes the line.
enum class LineSays : std::uint32_t { kBack = 1, kEnds = 2, kBegins = 3 };

struct LineNote {
  LineSays says;
  std::int32_t signal;    // kBack: what would have ended it; 0: nothing
  char why[kMaxRefusal];  // kEnds
};

struct LineOrder {  // to who is back, with the descriptor of a script
  std::uint32_t unused;
};

struct ForkAnswer {
  std::int32_t pid;   // kFork: the process, or 0: it could not be made
  std::int32_t code;  // kReap: si_code and si_status of waitid(2)
  std::int32_t status;
  char refusal[kMaxRefusal];  // the first message alone: empty, or why there can be no fork server
};

// What an instance has left behind, with the descriptors of the checkpoint's socket and its pidfd.
struct HoldNote {
  std::uint32_t mark;          // which one
  std::int32_t pid;            // 0: there is none
  std::uint64_t answer_bytes;  // as in the script's header, until then
  std::uint64_t answer_digest;
  char refusal[kMaxRefusal];  // why there is none
};

}  // namespace crashreel
