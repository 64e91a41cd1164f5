// How far is long work, and how long will it still take?
//
// A progress line (progress.h) with an estimate, as soon as there is one (time_left.h). The work
// counts in units that take about equally long, whatever these are.
#pragma once

#include <cstdint>
#include <string>

#include "tools/progress.h"
#include "tools/time_left.h"

namespace crashreel {

// Of one stage of the work.
struct WorkDone {
  std::uint64_t units = 0;
  std::uint64_t expected = 0;  // in all; 0: nobody knows
};

class WorkLine {
 public:
  explicit WorkLine(const Console& console) : line_(console) {}

  // `found` stands behind the estimate, for a narrow terminal cuts the end.
  void show(const std::string& stage, const WorkDone& done, const std::string& said,
            const std::string& found = "");
  void clear() { line_.clear(); }

 private:
  ProgressLine line_;
  TimeLeft left_;
};

// What it shows.
std::string work_text(const std::string& said, std::optional<double> seconds_left,
                      const std::string& found);

}  // namespace crashreel
