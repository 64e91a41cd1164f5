// The files that tests of the command line work on, and how they read what it prints.
#pragma once

#include <string>

#include "capture/reel/reel.h"
#include "tools/json.h"

namespace crashreel::testing {

// A server that died of SIGSEGV, with a prelude, a gap behind it, two sessions and a file.
Reel crashed_server();

// The whole of `out` must be one JSON object; a failure of the test and null otherwise.
Json one_object(const std::string& out);

}  // namespace crashreel::testing
