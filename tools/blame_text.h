// How is it told which input it was?
#pragma once

#include <string>

#include "tools/pipeline/blame.h"

namespace crashreel {

class Console;

// Two lines of answer, then what was tried. Bytes of the reel are escaped.
std::string blame_text(const BlameReport& report, const Reel& reel, const Console& console);

}  // namespace crashreel
