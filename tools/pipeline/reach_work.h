// How much work is it to measure a reach? In units that take about equally long.
#pragma once

#include <cstdint>

namespace crashreel {

// Of one run of the last so many inputs: starting the program counts, too.
std::uint64_t cost_of_tail(std::uint32_t length);

// Of one run of each length whose rate is measured.
std::uint64_t cost_of_rates(std::uint32_t longest);

// Rounds of questions, of so many at a time, until nothing lies between the two any more.
std::uint64_t rounds_between(std::uint32_t passes, std::uint32_t crashes, int jobs);

}  // namespace crashreel
