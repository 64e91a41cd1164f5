// Which file would run under this name? As the shell decides it, before anything is started.
#pragma once

#include <string>

#include "capture/base/result.h"

namespace crashreel {

// The absolute path of the program: a name with a slash is a path, any other is looked up in
// `search_path`, directories divided by ':'. Errors are of kind kTarget and say what was tried.
// Symbolic links stay: a program may look at the name that it is called by.
Result<std::string> find_program(const std::string& name, const std::string& search_path);

}  // namespace crashreel
