// How is gdb run beside an instance that it is to look at?
//
// As a child with our terminal, standard streams and a socket (dialogue.h), until it ends.
// Meanwhile Ctrl-C is gdb's alone.
#pragma once

#include <string>
#include <vector>

#include "capture/base/result.h"
#include "tools/pipeline/debuggee.h"

namespace crashreel {

struct GdbOptions {
  std::string program = "gdb";
  std::vector<std::string> commands;  // of gdb's, once it stands there
  bool batch = false;                 // it ends after these
  bool machine_interface = false;
  bool output_to_stderr = false;
};

// Its exit status; 128 + signal as shells say. `first`: where the instance stands. An error where
// it can't be started, or can't do what is asked of it.
Result<int> run_gdb(const GdbOptions& options, Debuggee& debuggee, const DebuggedPlace& first);

}  // namespace crashreel
