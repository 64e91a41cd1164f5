// How does a program begin with the recorder inside it?
//
// What it inherits is decided here: its environment, its standard streams, its signal mask.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "capture/base/owned_fd.h"
#include "tools/pipeline/recorded_run.h"
#include "tools/pipeline/stderr_tee.h"
#include "tools/pipeline/stdin_pump.h"

namespace crashreel {

struct Spawned {
  pid_t pid = -1;
  OwnedFd ended;  // readable once the process is no more
};

// 0 or an errno value: nothing runs then. The recorder answers on `ready_fd`, which only the
// program inherits. Null: standard input or standard error are ours.
int spawn_recorded(const RecordedRun& run, const sigset_t& mask, int ready_fd,
                   const StdinPump* pump, const StderrTee* tee, Spawned* spawned);

}  // namespace crashreel
