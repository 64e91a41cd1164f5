// How many instances a second does a fork server make, against what is demanded, against the least
// that any replay must cost, and against the ways of today?
#pragma once

#include "capture/reel/reel.h"

namespace crashreel::bench {

// 100 inputs for redis, and the same with a crash at the end; null: this redis has none.
void measure_copies(const Reel& day, const Reel* last_day);

}  // namespace crashreel::bench
