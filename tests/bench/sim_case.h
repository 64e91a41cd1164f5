// What one simulated case of a minimization came to, and the parts that minimize_sim_bench is made
// of.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "minimizer/minimize.h"
#include "tests/minimizer/scenes.h"

namespace crashreel::fakes {

inline constexpr std::uint64_t kFirstSeed = 90'000'001;

using MakeScene = std::function<Scene(std::uint64_t seed)>;

struct Case {
  std::string name;
  std::string unit = "questions";
  std::vector<double> values;
  std::vector<double> references;  // one for each value
  double bar = 0;                  // of value / reference; 0: none, reported only
  bool every_seed = false;         // the bar is for each seed, not for the median
  bool sound = true;               // no result was wrong
};

// One JSON line. A wrong result misses the bar, whatever it cost.
void print(const Case& measured);

// "uniform N=1000 k=5"
std::string named(const std::string& structure, std::uint32_t n, std::uint32_t k);

// 1-minimal, by the independent checker too, and as small as the known minimum.
bool is_sound(const Scene& scene, const MinimizeResult& result);

// The parts, each of which prints its cases.
void largest();  // alone or first: the peak of memory is that of the whole process
void redis_like();
void uniform();
void structures();
void rivals();
void rivals_are_what_they_are();
void flaky();
void inconsistent();
void replays();
void workers();
void bytes();

}  // namespace crashreel::fakes
