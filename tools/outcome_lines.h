// How did many tries end, at a glance?
#pragma once

#include <string>
#include <vector>

namespace crashreel {

// "7 x SIGSEGV in ...": each outcome once, with how often it came, in the order in which they first
// came. Escaped.
std::vector<std::string> outcome_lines(const std::vector<std::string>& outcomes);

}  // namespace crashreel
