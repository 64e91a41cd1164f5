// Which file will run, and can it be recorded?
//
// Finds a program as a shell would and looks at it before anything is started: the recorder is
// loaded by the dynamic loader, so a program without one, or one for which the loader ignores
// preloading, is refused with the reason and what to do instead. Of a script its interpreter
// counts, for that is the program. Reads files only; it does not know how recording works.
#pragma once

#include <string>

namespace crashreel {

struct ProgramCheck {
  std::string path;             // what to execute; empty when it can't be recorded
  int status = 0;               // 0: can be recorded; else 125 to 127 of exit_status.h
  std::string reason;           // why not, naming the file and the next step; empty when it can
  std::string first_library{};  // what must be loaded before everything else; empty: nothing
  bool has_sanitizer = false;   // which reports on standard error
};

// A name with a slash is taken as it is, any other is looked up in $PATH.
ProgramCheck check_program(const std::string& name);

}  // namespace crashreel
