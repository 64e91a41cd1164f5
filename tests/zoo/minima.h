// What the smallest programs of the zoo need to crash, known beforehand.
//
// minima.txt holds for each program one scene and the least of it that still brings the same crash:
// how many inputs, and how many bytes of these. Both were found by brute force (brute_force.cc,
// which knows nothing of minimizer/) and are frozen.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel::zoo {

struct Minimum {
  std::string program;  // in the zoo's folder of the build
  TargetKind kind = TargetKind::kServer;
  std::uint64_t inputs = 0;
  std::uint64_t bytes = 0;
  std::string scene;
  Reel reel;  // of the scene, with the program's own arguments

  std::vector<std::string> argv() const { return reel.program.argv; }
};

inline void PrintTo(const Minimum& minimum, std::ostream* out) {
  *out << minimum.program;
}

// Of the source tree's table. A line that can't be read ends the program.
std::vector<Minimum> known_minima();

// What a signal is told by does not count.
std::uint64_t payload_bytes(const std::vector<Input>& inputs);
std::uint64_t counted_inputs(const std::vector<Input>& inputs);

}  // namespace crashreel::zoo
