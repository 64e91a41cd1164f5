// What else will be asked soon, while one question is out?
//
// For oracles with several workers: the questions on the likeliest ways on from here. A right guess
// saves a wait; a wrong one costs a question and changes nothing else, because answers are looked
// up by content and the search follows its own way only.
#pragma once

#include <cstdint>
#include <vector>

#include "minimizer/gap_scan.h"

namespace crashreel {

// States of the scan whose questions are worth asking now, likeliest first; the first is `scan`
// itself, which must not be done. At most `count`.
std::vector<GapScan> likely_next(const GapScan& scan, std::uint32_t count);

}  // namespace crashreel
