// Which inputs of the tail stay, when only the newest N are wanted?
#pragma once

#include <cstdint>

#include "capture/reel/reel.h"

namespace crashreel {

// Keeps of the reel's tail the newest `keep` inputs in the narrow sense (counts_as_input) and all
// else from the oldest of them on; of what is older, only the openings of sessions that are kept
// and still open there. The prelude stays whole. What is left out is added to loss.trimmed_inputs.
// 0: no bound.
void trim_tail(Reel& reel, std::uint64_t keep);

}  // namespace crashreel
