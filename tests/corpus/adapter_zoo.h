// The zoo's programs that are called as functions (tests/zoo/adapters/), and what they are told.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "capture/base/check.h"
#include "tests/capture/reel/scene.h"

namespace crashreel::adapter_zoo {

inline constexpr const char* kNames[] = {"scale_zero",  "stale_savepoint", "shared_trap",
                                         "orphan_room", "lost_lease",      "late_revoke",
                                         "spent_undo"};

// Where a build has its programs, and those of the distribution's libraries.
inline constexpr char kFolder[] = "/zoo/adapters/";
inline constexpr char kLibraries[] = "/tests/adapters/";

// The first crashes, with nothing in it that could go; the others do not crash.
inline std::vector<Reel> scenes_of(const std::string& name) {
  std::ifstream file(std::string(CRASHREEL_SOURCE_DIR "/tests") + kFolder + name + ".scenes");
  std::vector<Reel> scenes;
  for (std::string line; std::getline(file, line);) scenes.push_back(scene(line));
  CRASHREEL_CHECK(scenes.size() >= 3);
  return scenes;
}

}  // namespace crashreel::adapter_zoo
