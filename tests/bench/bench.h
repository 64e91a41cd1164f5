// How does a benchmark measure and say what it found? As JSON lines on stdout, one for each figure,
// with its spread, and with its ratio to a rival that was measured in the same run, turn by turn:
// a machine that slows down in the middle slows both. It knows nothing of what is measured.
//
//   {"bench":"reel","case":"write 1,000,000 inputs","value":153,"unit":"MB/s","reference":178,
//    "against":"zstd alone","ratio":0.86,"bar":0.8,"holds":true,"runs":9,"min":150,"max":155}
//
// in one line. A figure without a reference or a bar has null there, and holds is null with it.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/check.h"

namespace crashreel::bench {

struct Spread {
  double median = 0;
  double lowest = 0;
  double highest = 0;
  std::size_t runs = 0;
};

// What a ratio has to reach, or to stay below; said before measuring.
struct Bar {
  enum class Side { kNone, kAtLeast, kAtMost } side = Side::kNone;
  double ratio = 0;

  bool holds(double seen) const { return side == Side::kAtLeast ? seen >= ratio : seen <= ratio; }
};

inline Bar at_least(double ratio) {
  return {Bar::Side::kAtLeast, ratio};
}
inline Bar at_most(double ratio) {
  return {Bar::Side::kAtMost, ratio};
}

// One figure. The reference was measured in the same run (or is a fixed demand, then `against` says
// so); ratio is value / reference.
struct Line {
  std::string bench;
  std::string scene;  // "case" in JSON
  Spread value;
  std::string unit;
  double reference = 0;
  std::string against = {};  // empty: there is no reference
  double ratio = 0;
  Bar bar = {};
};

// The middle value; of an even number the mean of the two in the middle.
inline double median(std::vector<double> values) {
  CRASHREEL_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

inline Spread spread_of(const std::vector<double>& values) {
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  return {median(values), *lowest, *highest, values.size()};
}

inline Spread once(double value) {
  return {value, value, value, 1};
}

inline double clock_seconds(clockid_t clock) {
  timespec now = {};
  CRASHREEL_CHECK(clock_gettime(clock, &now) == 0);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

inline double wall_seconds() {
  return clock_seconds(CLOCK_MONOTONIC);
}
inline double cpu_seconds() {
  return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}  // all threads

template <typename Work>
double wall_seconds_of(Work&& work) {
  const double start = wall_seconds();
  work();
  return wall_seconds() - start;
}

template <typename Work>
double cpu_seconds_of(Work&& work) {
  const double start = cpu_seconds();
  work();
  return cpu_seconds() - start;
}

// Two rivals measured turn by turn; `ratio` is the spread of ours / theirs over the pairs.
struct Pair {
  Spread ours;
  Spread theirs;
  Spread ratio;
};

// Each measures once and returns its figure. The order alternates (ours theirs, theirs ours), so
// that neither always runs with the other's warm caches; the first pair warms up and is not kept.
template <typename Ours, typename Theirs>
Pair interleaved(std::size_t pairs, Ours&& measure_ours, Theirs&& measure_theirs) {
  std::vector<double> ours, theirs, ratios;
  for (std::size_t pair = 0; pair <= pairs; ++pair) {
    const bool ours_first = pair % 2 == 0;
    double mine = ours_first ? measure_ours() : 0;
    const double other = measure_theirs();
    if (!ours_first) mine = measure_ours();
    if (pair == 0) continue;
    ours.push_back(mine);
    theirs.push_back(other);
    ratios.push_back(mine / other);
  }
  return {spread_of(ours), spread_of(theirs), spread_of(ratios)};
}

// Keeps the compiler from dropping a computation whose result nobody reads.
template <typename T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

inline std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      json += escape;
    } else {
      json += c;
    }
  }
  return json + '"';
}

inline void print(const Line& line) {
  std::printf(R"({"bench":%s,"case":%s,"value":%.6g,"unit":%s)", json_string(line.bench).c_str(),
              json_string(line.scene).c_str(), line.value.median, json_string(line.unit).c_str());
  if (line.against.empty()) {
    std::printf(R"(,"reference":null,"against":null,"ratio":null)");
  } else {
    std::printf(R"(,"reference":%.6g,"against":%s,"ratio":%.4g)", line.reference,
                json_string(line.against).c_str(), line.ratio);
  }
  if (line.bar.side == Bar::Side::kNone) {
    std::printf(R"(,"bar":null,"holds":null)");
  } else {
    std::printf(R"(,"bar":%.4g,"holds":%s)", line.bar.ratio,
                line.bar.holds(line.ratio) ? "true" : "false");
  }
  std::printf(R"(,"runs":%zu,"min":%.6g,"max":%.6g})", line.value.runs, line.value.lowest,
              line.value.highest);
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace crashreel::bench
