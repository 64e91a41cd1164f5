// What happened while this program ran, and what is left of it?
//
// record() runs an unmodified program with the recorder loaded into it, stays beside it until it
// ends, passes signals on, and when it ended badly, or when somebody asked, turns the ring into a
// reel. It is a library
// function: it prints nothing, and the command line decides what to say. How the recorder works
// inside the program is capture/preload's affair; what the reel is good for, the other stations'.
//
// The program runs in this process's group, with its working directory and environment. Only its
// standard input may be another: see stdin_pump.h.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "tools/pipeline/hang.h"

namespace crashreel {

enum class SaveOn {
  kCrash,     // killed by a signal, but for those that ask a program to end: HUP, INT, TERM; or
              // ended by a sanitizer
  kAbnormal,  // any signal, or an exit status other than 0
  kAlways,
};

// A reel that was made, or not.
struct SavedReel {
  SaveReason reason = SaveReason::kUnknown;
  std::string path;     // empty: it was not written
  std::string skipped;  // because there are enough of them: which
  std::string trouble;  // because it could not be: why
  std::string text;     // kHang: how
  std::uint64_t inputs = 0;
};

struct RecordOptions {
  std::vector<std::string> argv;          // the program, found as a shell would, and its arguments
  std::string ring_path;                  // empty: /dev/shm/crashreel-PID.ring, PID being ours
  std::uint64_t ring_bytes = 0;           // 0: the runtime's default
  std::uint64_t keep_inputs = 0;          // 0: no bound
  std::chrono::milliseconds keep_age{0};  // before the end; 0: no bound
  std::optional<std::uint64_t> prelude_bytes;
  std::optional<std::uint64_t> heads_bytes;  // for all sessions; 0: none are kept
  std::uint64_t head_bytes = 0;              // of each; 0: the runtime's default
  std::string redact_rules;      // what is never written down; empty: what $CRASHREEL_REDACT says
  std::string reel_path;         // a file or a folder, see reel_shelf.h; empty: this folder
  std::uint64_t keep_reels = 5;  // so many, older ones go
  std::chrono::milliseconds loop_time{60'000};  // a crash loop: so many within this time
  // Who stays beside the program, too (recorded_run.h).
  int attend_fd = -1;
  std::function<bool(pid_t)> attend;
  bool stdout_to_stderr = false;
  int save_signal = 0;  // makes a reel of the running program; 0: none does
  HangOptions hang;
  bool frames = false;                          // the program says where it died
  std::function<void(const SavedReel&)> saved;  // told of each reel while the program runs on
  bool keep_ring = false;
  SaveOn save_on = SaveOn::kCrash;
  bool digests = true;                   // of what the program answers
  bool every_clock = false;              // also each look at a clock
  bool payload_crc = false;              // a checksum over each payload
  std::vector<std::string> environment;  // names of variables to keep beside the usual ones
  bool pump_stdin = true;    // false: the program gets our standard input itself, unrecorded
  std::string library_path;  // of the recorder; empty: ../lib beside our own executable
};

struct RecordReport {
  bool started = false;
  int status = 0;  // to pass through: the program's, 128 + signal, or 125 to 127 if not started
  int signal = 0;  // that killed it
  bool recorded = false;  // a ring was there and could be read
  // Inputs in the narrow sense, what N counts; only among the lost ones is all that a
  // ring holds: openings, closings, random bytes.
  std::uint64_t inputs_seen = 0;
  std::uint64_t inputs_kept = 0;  // could be taken from the ring
  std::uint64_t inputs_lost = 0;  // overwritten, left out, torn or dropped
  std::string fault;  // what the kernel told the program when it crashed, where the program says
  std::vector<SavedReel> while_running;
  std::string reel_path;  // of the end; empty: none was written
  std::string skipped;    // why not, though it was wanted; empty: it was not
  std::string ring_path;  // empty: none is left
  std::string trouble;    // what went wrong beside the program; empty: nothing
};

// Blocks until the program has ended. Blocks the signals that it passes on for the calling thread
// meanwhile. An error means that nothing was started because crashreel itself is not in order.
Result<RecordReport> record(const RecordOptions& options);

}  // namespace crashreel
