// How many questions does a minimization ask, against the bound and against rivals?
//
// Synthetic crashes whose minimum is known (tests/minimizer/scenes.h), so a question costs nothing
// and only their number counts. Every result is checked: a case "holds" if all its results are
// 1-minimal, by the independent checker, and as small as the known minimum, and the ratio to the
// reference keeps the bar, in the median, or for every seed where the case says so.
//
// The constants of the minimizer were chosen with another generator and other seeds (gap_scan.cc).
#include <algorithm>
#include <string_view>

#include "tests/bench/sim_case.h"

// All of it, or the parts that are named.
int main(int argc, char** argv) {
  using namespace crashreel::fakes;
  struct Part {
    std::string_view name;
    void (*run)();
  };
  constexpr Part parts[] = {{"largest", largest},
                            {"redis-like", redis_like},
                            {"uniform", uniform},
                            {"structures", structures},
                            {"rivals", rivals},
                            {"known", rivals_are_what_they_are},
                            {"flaky", flaky},
                            {"replays", replays},
                            {"inconsistent", inconsistent},
                            {"workers", workers},
                            {"bytes", bytes}};
  const auto wanted = [&](const Part& part) {
    return argc == 1 || std::find(argv + 1, argv + argc, part.name) != argv + argc;
  };
  for (const Part& part : parts) {
    if (wanted(part)) part.run();
  }
  return 0;
}
