// What does salvage cost at the size that it is made for? A ring of 1 GiB with 4,000,000 inputs
// from the recorder itself becomes a reel, is summed up and looked into. Part of the reel
// benchmark.
#pragma once

namespace crashreel::bench {

// Prints its figures. Call it before anything large is in memory: its processes are copies of this
// one.
void measure_salvage();

}  // namespace crashreel::bench
