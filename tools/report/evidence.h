// What have other verbs found out about a reel?
//
// Their --json answers, read back: replay's rate and first divergence, reach's threshold,
// minimize's way, blame's poison and trigger. Hostile bytes: what does not fit is not known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"

namespace crashreel {

struct RateFact {
  std::string verb;  // that measured it
  std::uint64_t reproduced = 0;
  std::uint64_t tries = 0;
};

struct CurvePoint {
  std::uint64_t question = 0;
  std::uint64_t inputs = 0;
  std::uint64_t bytes = 0;  // in them; 0 where that is not known
};

struct Reduction {
  std::uint64_t inputs_before = 0, inputs_after = 0;
  std::uint64_t bytes_before = 0, bytes_after = 0;
  std::uint64_t questions = 0;       // over inputs
  std::uint64_t byte_questions = 0;  // over their bytes
  std::uint64_t bound = 0;
  std::uint64_t slips = 0;  // questions that another crash answered; never accepted
  bool one_minimal = false;
  std::vector<CurvePoint> curve;              // over inputs, by question
  std::vector<std::uint64_t> slip_questions;  // which of the questions over inputs, rising
};

struct ReachFact {
  std::uint64_t needed = 0;  // inputs of the shortest tail that brings the crash
  std::uint64_t inputs = 0;
  std::uint64_t oldest_seq = 0;  // of the first of these
};

struct DivergenceFact {
  std::uint64_t seq = 0;
};

struct BlameFact {
  std::uint64_t poison_seq = 0;
  std::uint64_t trigger_seq = 0;
  std::string basis;
  std::uint64_t unconsumed = 0;
};

struct Evidence {
  std::optional<RateFact> rate;
  std::optional<Reduction> reduction;
  std::optional<ReachFact> reach;
  std::optional<DivergenceFact> divergence;
  bool divergence_looked_for = false;
  std::optional<BlameFact> blame;
};

// Adds one verb's answer. `name` is for the message.
Result<void> add_answer(std::string_view json, const std::string& name, Evidence& evidence);

}  // namespace crashreel
