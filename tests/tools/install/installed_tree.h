// What does somebody get who installs crashreel? The whole of it, installed once for all tests of
// the program, and moved afterwards: nothing in it may remember where it was put first.
#pragma once

#include <string>

#include "tests/tools/run_command.h"

namespace crashreel::testing {

// The folder that bin, lib and share lie in.
const std::string& installed_tree();

// As a person types it in that directory, with the installed `crashreel` first in PATH, and with
// the installed libraries and pkg-config files found.
CommandRun type_installed(const TemporaryDirectory& directory, const std::string& line);

}  // namespace crashreel::testing
