// Which sessions hold bytes that the program has not read?
//
// Asked once, at the end of a try that keeps answers (step_answers.h), and told there. Sessions are
// the player's ends; what they hold is the kernel's word (unread.h), or was never given to it
// (bypass.h).
#pragma once

#include <cstdint>

#include "harness/player/script.h"

namespace crashreel::player {

// Of the sessions that these first steps have opened. In a handler, too.
void note_untaken(const Step* steps, std::uint32_t performed);

}  // namespace crashreel::player
