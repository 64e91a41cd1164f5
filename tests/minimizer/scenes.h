// Items, and a crash that needs some of them, drawn by a seed: the structures that the minimizer is
// tested and measured on. The last item always takes part: what a program is sent last is what
// brings it down.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "minimizer/oracle.h"

namespace crashreel::fakes {

struct Scene {
  std::vector<Item> items;
  std::unique_ptr<Oracle> oracle;
  Choice minimal;           // the only minimum; empty where there are many of one size
  std::uint64_t size = 0;   // of a minimum
  std::uint64_t bound = 0;  // questions, see minimizer/bound.h
};

// How many sessions the items lie in, turn and turn about at random.
struct Sessions {
  std::uint32_t count = 22;
};

// k anywhere among n.
Scene uniform_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed, Sessions sessions = {});
// k near the end: their distances from it have mean n/50.
Scene tail_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed);
// n/10 random pairs, the later one of which is another crash without the earlier; k needed
// anywhere.
Scene pairs_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed);
// Every item i of a chain of c needs the one before; k needed anywhere.
Scene chains_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed);
// Sessions of 50 inputs, 20 at a time; an input without its session's first is another crash.
// `k` needed inputs lie in `k / inputs_each` sessions.
Scene sessions_scene(std::uint32_t n, std::uint32_t k, std::uint32_t inputs_each,
                     std::uint64_t seed);
// `count` items of a class that half of the items belong to; the class is their group.
Scene counter_scene(std::uint32_t n, std::uint32_t count, std::uint64_t seed);

}  // namespace crashreel::fakes
