// Where the tail begins, does a session begin in the middle of what it had to say?
//
// A read is kept whole or not at all, but a message may be several reads, and the tail begins
// between any two of them. No protocol is known here; what is known is when the program answered: a
// session that it had answered since the last input that is lost has most likely begun something
// new. Of all others nobody can say.
#pragma once

#include <string>

#include "capture/reel/reel.h"

namespace crashreel {

// One line for people, as those of why_not.h; empty where there is nothing to say.
std::string tail_edge_hint(const Reel& reel);

}  // namespace crashreel
