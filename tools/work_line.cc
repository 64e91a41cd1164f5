#include "tools/work_line.h"

namespace crashreel {

std::string work_text(const std::string& said, std::optional<double> seconds_left,
                      const std::string& found) {
  return said + (seconds_left ? ", " + text_of_time_left(*seconds_left) : "") +
         (found.empty() ? "" : ": " + found);
}

void WorkLine::show(const std::string& stage, const WorkDone& done, const std::string& said,
                    const std::string& found) {
  const auto left = left_.after(stage, done.units, done.expected, std::chrono::steady_clock::now());
  line_.update(work_text(said, left, found));
}

}  // namespace crashreel
