// Which options say how a program is started and fed?
//
// The same for every verb that starts programs, and heeded before its work begins, for all that it
// starts. A new one has its entry in the table and its reading here, and needs no word in a verb.
#pragma once

#include <vector>

#include "capture/base/result.h"
#include "tools/arguments.h"
#include "tools/verb.h"

namespace crashreel {

// What the program may do to the machine. Whoever has these in its table starts programs.
std::vector<Option> sandbox_options();

// And who feeds it.
std::vector<Option> start_options();

// And whether what it leaks is a crash: of verbs for which a reel of a leak is as good as another.
std::vector<Option> start_options_with_leaks();

// Once, before the verb's work. Nothing to do for one that starts no program.
Result<void> heed_start_options(const Verb& verb, const Arguments& arguments);

}  // namespace crashreel
