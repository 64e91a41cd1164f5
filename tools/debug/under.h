// What does another tool see, when the same replay runs under it?
//
// Valgrind's memcheck reports, and rr keeps a trace in which one can go back and forth. Both run
// the whole sequence once, from the program's own start; nobody waits for less than they take. What
// the machine can't do is said before anything is started.
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

// An error where the tool is missing, or the machine can't run it, with what to do.
Result<SeenUnder> run_under(DebugTool tool, Target target, const Reel& reel);

// Why rr can't be run here, where the kernel gave this error for the counter that it needs.
std::string counter_obstacle(int error);

}  // namespace crashreel
