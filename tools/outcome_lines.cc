#include "tools/outcome_lines.h"

#include <algorithm>
#include <utility>

#include "tools/visible.h"

namespace crashreel {

std::vector<std::string> outcome_lines(const std::vector<std::string>& outcomes) {
  std::vector<std::pair<std::string, int>> counts;
  for (const std::string& outcome : outcomes) {
    auto known = std::find_if(counts.begin(), counts.end(),
                              [&](const auto& entry) { return entry.first == outcome; });
    if (known == counts.end()) known = counts.insert(known, {outcome, 0});
    ++known->second;
  }
  std::vector<std::string> lines;
  for (const auto& [outcome, count] : counts) {
    lines.push_back(std::to_string(count) + " x " + visible(outcome));
  }
  return lines;
}

}  // namespace crashreel
