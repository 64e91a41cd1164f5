// Which seeds are in a reel that need not crash anything?
//
// What production sent is the best there is to fuzz with: each session of a reel that a replay can
// bring is a candidate, and a fuzzer says which of them reach something new.
#pragma once

#include <string>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel {

struct MinedSeed {
  std::uint32_t session = 0;  // of the reel
  std::string bytes;          // an encoded seed (corpus/SEED.md)
};

// A session each, in order of first appearance; those with the same bytes once. What belongs to no
// session, and what only says something of other inputs (masks, digests), is in none.
std::vector<MinedSeed> mine(const Reel& reel);

}  // namespace crashreel
