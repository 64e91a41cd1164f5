// Of which seeds did the random bytes come that the reel does not have, and which bring the crash?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crashreel {

// A line for people, with what repeats the crash where it comes sometimes; empty where no random
// byte was made up. `seeds`: of each try, 0: it made up none; `reproducing`: those of the tries
// that crashed as sought.
std::string seeds_text(const std::vector<std::uint64_t>& seeds,
                       const std::vector<std::uint64_t>& reproducing);

}  // namespace crashreel
