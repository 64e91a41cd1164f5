// What is a candidate of the minimizer as inputs of a reel?
//
// The inputs that are left with the bytes and at the times that the candidate says, and what frames
// them (parts.h), moved in time with what it stands between.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "capture/reel/reel.h"
#include "minimizer/candidate.h"
#include "tools/pipeline/parts.h"

namespace crashreel {

class CandidateFrame {
 public:
  // Input i of a candidate is the reel's input kept[i]. All borrowed, `kept` and the closings too.
  CandidateFrame(const Reel& reel, const Parts& parts, const std::vector<std::uint32_t>& kept,
                 const std::unordered_set<std::uint32_t>& closings_left_out)
      : reel_(reel), parts_(parts), kept_(kept), closings_left_out_(closings_left_out) {}

  // All of them, as they are.
  Candidate whole() const;
  std::vector<Input> inputs_of(const Candidate& candidate) const;

 private:
  std::vector<std::uint64_t> times_of(const Candidate& candidate) const;

  const Reel& reel_;
  const Parts& parts_;
  const std::vector<std::uint32_t>& kept_;
  const std::unordered_set<std::uint32_t>& closings_left_out_;
};

}  // namespace crashreel
