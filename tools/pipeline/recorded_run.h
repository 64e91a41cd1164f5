// How does a program run with the recorder inside it and us beside it?
//
// Starts it, waits until the recorder has said how its own start went, hands standard input on and
// records it, passes signals on, hears who wants a reel of the present moment, sees whether the
// program hangs, and collects how it ended. What becomes of the ring is another's affair.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "tools/pipeline/hang.h"

namespace crashreel {

// Standard input's number among the sessions of a recorded program; connections have others.
inline constexpr std::uint32_t kStdinSession = 0;

struct RecordedRun {
  std::string path;  // what to execute
  std::vector<std::string> argv;
  std::string library;                // the recorder
  std::string first_library;          // to be loaded before all others; empty: none
  std::string ring_path;              // made by the recorder
  std::vector<std::string> settings;  // more of the environment, "NAME=value"
  std::string redact_rules;           // for standard input; may be empty
  bool pump_stdin = true;
  bool pick_reports = false;  // out of its standard error (stderr_tee.h)
  int save_signal = 0;  // not passed on but asks for a reel of the present moment; 0: none does
  HangOptions hang;
  bool stdout_to_stderr = false;  // what the program prints, for our standard output is ours
  // Somebody who stays beside it, too: called with its pid whenever the descriptor is readable,
  // once the recorder has answered or is given up. True: enough seen, the program is killed.
  int attend_fd = -1;
  std::function<bool(pid_t)> attend;
  // Called while the program runs and has a ring; the text says how it hangs, else it is empty.
  // Nothing is handed on or passed on before it returns.
  std::function<void(SaveReason reason, const std::string& text)> save;
};

struct RunEnd {
  int start_error = 0;  // an errno value: the program was not started
  pid_t pid = -1;
  bool ring_was_made = false;  // else what lies at ring_path, if anything, is somebody else's
  CrashFacts facts;            // its time is left to whoever notes it in the ring
  std::string reports;         // of a sanitizer, where they were to be picked
  std::string trouble;  // why not everything was recorded; empty: nothing is known against it
};

// Blocks until the program has ended. An error: this machine could not do our part of it, and
// nothing was started.
Result<RunEnd> run_recorded(const RecordedRun& run);

}  // namespace crashreel
