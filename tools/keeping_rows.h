// What should a person know of where the kept inputs were kept? Each place with what is there, the
// bounds that held, and what these cost.
#pragma once

#include <string>

#include "tools/console.h"
#include "tools/reel_summary.h"

namespace crashreel {

// Of places without inputs only those that lost some are told.
std::string keeping_rows(const Console& console, const ReelSummary& summary);

}  // namespace crashreel
