// What does 'crashreel reach' tell people?
#pragma once

#include <string>

#include "capture/reel/reel.h"
#include "tools/pipeline/reach.h"

namespace crashreel {

class Console;

// The verdict, what it rests on, what to do about it, and the table of rates.
std::string reach_text(const ReachReport& report, const Reel& reel, const Console& console);

}  // namespace crashreel
