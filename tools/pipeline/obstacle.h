// Why did a try give no answer, and what can be done about it?
#pragma once

#include <string>

#include "harness/outcome.h"
#include "harness/target.h"

namespace crashreel {

// One message with the program's last words; empty when the outcome is an answer.
std::string obstacle_of(const Outcome& outcome, const Target& target);

}  // namespace crashreel
