// What has become of an instance, by how its process ended and by what the player and the program
// left behind?
//
// Nothing is waited for here, and nothing believed: the program shares the script's memory.
#pragma once

#include "harness/instance.h"
#include "harness/outcome.h"
#include "harness/sequence.h"
#include "harness/target.h"
#include "harness/watchdog.h"

namespace crashreel {

// Of one that has ended so, after such a wait. Its steps are not looked at.
Outcome outcome_of(Instance& instance, const ProcessEnd& last, Wait wait, const Script& script,
                   const Target& target);

}  // namespace crashreel
