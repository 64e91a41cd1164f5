// A recording under rules of redaction, and what is left of a secret in it.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/capture/runtime/recorded.h"

namespace crashreel {

inline constexpr char kSecret[] = "hunter2-is-secret";

inline crashreel_options with_rules(const RingPath& path, const char* rules) {
  crashreel_options options = options_for(path);
  options.redact_rules = rules;
  return options;
}

inline std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "kind:data" of each input.
inline std::vector<std::string> told(const Reel& reel) {
  std::vector<std::string> all;
  for (const Input& input : reel.inputs) {
    const bool masked = static_cast<unsigned>(input.kind) == CRASHREEL_MASKED;
    all.push_back(std::string(masked ? "masked" : name_of(input.kind)) + ":" + input.data);
  }
  return all;
}

}  // namespace crashreel
