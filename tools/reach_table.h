// How does the rate of a crash rise with the length of the tail, at a glance?
#pragma once

#include <span>
#include <string>

#include "minimizer/reach.h"

namespace crashreel {

// A line for each length with its count, a bar as long as its rate, and within which bounds that
// lies.
std::string reach_table(std::span<const ReachPoint> points);

}  // namespace crashreel
