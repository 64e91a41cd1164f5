// What the tests of tries have in common: programs of the zoo, and scenes whose inputs are lines.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "capture/base/check.h"
#include "capture/runtime/output_digest.h"
#include "harness/likeness.h"
#include "harness/outcome.h"
#include "harness/sequence.h"
#include "harness/signature.h"
#include "harness/target.h"
#include "harness/try.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {

// A hang is told by standing still, for as long as is said here.
inline constexpr TryOptions kImpatient = {.hang_ms = 500};

inline void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << describe(outcome) << ", " << outcome.answer_bytes
       << " bytes answered; it printed: " << outcome.output_tail;
}

inline AnswerDigest digest_of(const std::string& bytes) {
  OutputDigest digest;
  digest.add(bytes.data(), bytes.size());
  return {.value = digest.value(), .bytes = digest.bytes()};
}

inline std::string zoo(const std::string& name) {
  return std::string(CRASHREEL_BUILD_DIR "/zoo/") + name;
}

// A scene (scene.h) in which every input is a line, and '_' stands for a blank.
inline Reel lines(const std::string& text, TargetKind kind = TargetKind::kServer) {
  Reel reel = scene(text);
  reel.program.kind = kind;
  for (Input& input : reel.inputs) {
    if (input.kind != InputKind::kData) continue;
    std::replace(input.data.begin(), input.data.end(), '_', ' ');
    input.data += '\n';
  }
  return reel;
}

// All that a try tells, in one line that two of them can be compared by.
inline std::string told(const Outcome& outcome) {
  return describe(outcome) + " after " + std::to_string(outcome.performed) + " of " +
         std::to_string(outcome.steps) + ", " + std::to_string(outcome.answer_bytes) + " bytes " +
         std::to_string(outcome.answer_digest);
}

inline Target target_for(const Reel& reel, const std::vector<std::string>& argv) {
  auto target = target_of(reel, argv);
  CRASHREEL_CHECK(target);
  return *target;
}

inline Layout whole_layout(const Reel& reel, const Target& target) {
  return lay_out(reel, whole_sequence(reel), target.kind);
}

inline Outcome try_once(const Reel& reel, const std::vector<std::string>& argv,
                        const TryOptions& options = {}) {
  const auto target = target_of(reel, argv);
  if (!target) {
    ADD_FAILURE() << target.error().message;
    return {};
  }
  auto outcome = run_try(*target, reel, whole_sequence(reel), options);
  if (!outcome) {
    ADD_FAILURE() << outcome.error().message;
    return {};
  }
  return *outcome;
}

inline Outcome try_server(const std::string& name, const Reel& reel,
                          const TryOptions& options = {}) {
  return try_once(reel, {zoo(name), "7001"}, options);
}

inline std::string in_flight(const Outcome& outcome) {
  return outcome.in_flight == nullptr ? "" : outcome.in_flight->data;
}

}  // namespace crashreel
