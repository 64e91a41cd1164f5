// How is a rate told that was measured by tries?
#pragma once

#include <string>

#include "harness/rate.h"

namespace crashreel {

// "14.0 %", rounded up: what is below it stays below.
std::string percent_at_most(double rate);
// "between 69.1 % and 100.0 %": never narrower than the interval.
std::string between_text(const RateInterval& rate);

}  // namespace crashreel
