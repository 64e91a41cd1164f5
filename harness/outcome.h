// What happened in a try?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/reel/answer_digest.h"
#include "capture/reel/reel.h"

namespace crashreel {

enum class Ending {
  kSurvived,      // took every input and was idle again
  kExited,        // ended by itself with a status
  kCrashed,       // died by a signal
  kHung,          // neither used the processor nor took an input any more, or never can
  kDeaf,          // runs, but listens nowhere
  kNotStarted,    // ended before it listened, or could not be executed
  kNotAttached,   // runs, but the player never came up in it
  kThreadMissed,  // went on from a checkpoint, and needed a thread that is not there
  kGivenUp,       // nobody wanted to know any more (TryOptions::give_up_fd)
};

// What signatures say of a death that no signal tells, instead of one.
inline constexpr char kHangKind[] = "hang";
inline constexpr char kMemoryLimitKind[] = "memory limit";
inline constexpr char kLeakKind[] = "leak";

const char* name_of(Ending ending);  // "survived", "exited", ...

// What a program answered in an input's session until the next one of that session.
struct ReplayedAnswer {
  const Input* to = nullptr;
  AnswerDigest digest;
  std::string bytes{};  // where they are kept, and whole; else empty
};

// A file that the program could not open, as it named it, and why: an errno.
struct MissedFile {
  std::string path;
  int error = 0;
};

struct Outcome {
  Ending ending = Ending::kNotStarted;
  bool stands_still = false;       // kHung: every thread waits for another one's lock
  int code = 0;                    // kExited: the status; kCrashed: the signal
  Signature signature;             // kCrashed; kHung: its kind alone
  std::uint64_t memory_limit = 0;  // bytes; what it died at, if its kind is kMemoryLimitKind
  std::uint32_t steps = 0;         // the script's
  std::uint32_t performed = 0;     // of these
  std::uint32_t resumed = 0;       // of these, those that a checkpoint had behind it
  std::uint32_t undelivered = 0;   // inputs whose session the program had ended, or never had
  const Input* first_undelivered = nullptr;
  // Where answers are kept, in the reel's order: these, and those that were given and not read to
  // their end when the try ended.
  std::vector<const Input*> undelivered_inputs;
  std::vector<const Input*> unread;
  std::string unread_unknown;  // why nobody could see that; empty: all was seen
  // Connections that the program opened and no session of the reel answers; they were refused.
  std::uint32_t unanswered = 0;
  std::string first_unanswered;          // whom the first was for: "10.0.0.5:5432", "/run/db.sock"
  std::vector<MissedFile> missed_files;  // the first few
  std::uint32_t unwatched = 0;           // processes of the program's that were not waited for
  std::uint32_t real_times = 0;          // how often it read processor time, or set a timer by it
  const Input* in_flight = nullptr;      // kCrashed, kHung: the input that was performed last
  std::uint64_t answer_bytes = 0;        // what the program answered, and a digest of it
  std::uint64_t answer_digest = 0;
  std::vector<ReplayedAnswer>
      answers;                    // where they are kept (ScriptOptions): those that are known whole
  std::string output_tail;        // the last of what the program printed, both streams
  std::string finding;            // a sanitizer's, which ended it; one line
  bool is_handled = false;        // kCrashed: the program has a handler of its own for that signal
  std::string report;             // the end of what that printed, where it was let speak
  std::string complaint;          // its own, of why it ended itself by SIGABRT (complaint.h)
  std::uint64_t bypassed = 0;     // inputs that reached it without the kernel
  std::uint64_t made_random = 0;  // random bytes that it drew beyond those of production
  std::uint64_t random_seed = 0;  // of which these came
  double seconds = 0;             // from before the start until nothing of it was left
};

// One line for people: "SIGSEGV in server+0x1b854 after 4 of 4 steps".
std::string describe(const Outcome& outcome);

}  // namespace crashreel
