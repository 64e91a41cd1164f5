// What is left of a reel, as a reel of its own?
#pragma once

#include <vector>

#include "capture/reel/reel.h"
#include "harness/target.h"

namespace crashreel {

// `inputs`: some of the whole's, by their seq, maybe with other bytes and times. With them go what
// says that they are masked, and the random bytes that production drew with them in hand and before
// all inputs. Program, files and losses are the whole's, run as the target is; the crash is the
// caller's to tell.
Reel kept_reel(const Reel& whole, const Target& target, std::vector<Input> inputs);

}  // namespace crashreel
