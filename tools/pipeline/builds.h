// Which builds of a program does a reel crash?
//
// One reel against several: the release, one with a sanitizer, an older one, the fix. Each is tried
// alone and judged by one crash: production's where its stack is known, else that of the first
// build that crashes. Builds are compared by the names of their functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

struct BuildVerdict {
  std::string program;   // as it was given
  std::string build_id;  // empty: it has none, or there is no such program
  bool has_sanitizer = false;
  int tries = 0;
  int reproduced = 0;
  int different = 0;  // crashed otherwise, or a sanitizer found something elsewhere
  int passed = 0;
  int unresolved = 0;
  std::string finding;                // the first of a sanitizer's
  std::optional<std::uint64_t> seq;   // of the input in flight at the first crash
  std::vector<std::string> outcomes;  // one line a try
  std::string obstacle;               // why there was no answer
};

// "same crash", "another crash", "finding", "no crash", "no answer"; with "now and then" where it
// comes in some tries only.
std::string verdict_text(const BuildVerdict& build);

struct BuildsOptions {
  int tries = 1;
  int jobs = 1;
  std::uint64_t seed = 1;  // of each build's first try
  std::function<void(const std::string& program, int done)> progress;
};

struct BuildsReport {
  std::vector<BuildVerdict> builds;  // in the order given
  Signature signature;               // that they were judged by; with names; kind empty: none came
  bool signature_from_replay = false;
};

// The programs take the reel's own arguments. One that can't be started has an obstacle.
Result<BuildsReport> replay_builds(const Reel& reel, const std::vector<std::string>& programs,
                                   const BuildsOptions& options);

}  // namespace crashreel
