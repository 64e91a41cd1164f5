// The real script, on what is built.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/tools/run_command.h"

namespace crashreel::testing {

inline CommandRun quickstart(const TemporaryDirectory& work, std::vector<std::string> options) {
  std::vector<std::string> argv = {CRASHREEL_SOURCE_DIR "/tools/quickstart", "--built",
                                   CRASHREEL_BUILD_DIR, "--work", work.path().string()};
  argv.insert(argv.end(), options.begin(), options.end());
  return run_command(argv);
}

// What the script says last, of one run.
inline nlohmann::json last_line(const std::string& text) {
  const std::string lines = text.substr(0, text.find_last_not_of('\n') + 1);
  return nlohmann::json::parse(lines.substr(lines.rfind('\n') + 1), nullptr, false);
}

}  // namespace crashreel::testing
