// What does it cost to look into a reel of 4,000,000 inputs? Its summary, by the command, and the
// way to any one of them, against reading the whole: in time, and in bytes read. Part of the reel
// benchmark.
#pragma once

#include <cstdint>
#include <string>

namespace crashreel::bench {

// Prints its figures. `inputs`: seqs are 0 to this.
void measure_large_reel(const std::string& reel, std::uint64_t inputs);

}  // namespace crashreel::bench
