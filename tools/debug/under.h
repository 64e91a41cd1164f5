// What does another tool see, when the same replay runs under it?
//
// Valgrind's memcheck reports, and rr keeps a trace in which one can go back and forth. Both run
// the whole sequence once, from the program's own start; nobody waits for less than they take.
// Where one of them gives up before the program began, its own last words are told, with what to
// do.
//
// rr puts its library before those that are to be preloaded, and keeps these
// (inject_ld_helper_library in its RecordSession.cc); what the player reads in shared memory is
// written before the program is there, so that a trace has it whole.
#pragma once

#include <string>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "harness/outcome.h"
#include "harness/target.h"

namespace crashreel {

enum class DebugTool { kValgrind, kRr };

const char* name_of(DebugTool tool);  // also the program's

struct SeenUnder {
  Outcome outcome;
  std::string report;  // valgrind's, as it is written; bytes of strangers
  std::string trace;   // rr's, a directory that stays
};

// An error where the tool is missing or gave up, or the machine can't run it, with what to do.
Result<SeenUnder> run_under(DebugTool tool, Target target, const Reel& reel);

// Why rr can't be run here, where the kernel gave this error for the counter that it needs.
std::string counter_obstacle(int error);

}  // namespace crashreel
