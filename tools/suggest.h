// Which word did they mean?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crashreel {

// The candidate that is fewest slips away from `word` (a letter missing, added, changed, or two
// swapped), or an empty string when even the nearest shares too little to be a slip.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace crashreel
