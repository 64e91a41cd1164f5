// How does a page draw a hundred thousand inputs?
//
// A row for each session that matters, the others together in one; along it time (or, where all
// inputs have one time, their order). What is drawn without scripts is as fine as a screen; the
// exact inputs travel beside it in a few bytes each, for a script to look closer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/report/model.h"

namespace crashreel {

inline constexpr std::size_t kMostLanes = 32;
inline constexpr std::uint32_t kLaneColumns = 1000;

struct Lane {
  std::string name;     // "session 7", "signals", "11 other sessions"
  std::string opening;  // bytes of strangers
  std::uint64_t inputs = 0;
  std::uint64_t kept = 0;
  std::string dropped_path;  // of an SVG that is kLaneColumns wide and 16 high
  std::string kept_path;
};

// A place on the axis that has a name.
struct LaneMark {
  const char* what = "";  // "reach", "divergence", "poison", "trigger"
  std::uint64_t seq = 0;
  std::uint32_t column = 0;
};

struct Lanes {
  std::vector<Lane> lanes;
  std::vector<LaneMark> marks;
  bool by_order = false;
  std::uint64_t from_ns = 0, to_ns = 0;
  // Of each input varints: seq minus the one before minus 1, microseconds since the one before as
  // zigzag, lane, session + 1, bytes, and 1 if it is kept plus 2 if it is a signal.
  std::string columns;
};

Lanes lanes_of(const ReportModel& model);

}  // namespace crashreel
