#include "tools/pipeline/candidate_frame.h"

#include <algorithm>
#include <utility>

namespace crashreel {

// The first one waits for nothing: what was before it is not in the reel.
Candidate CandidateFrame::whole() const {
  Candidate candidate;
  std::uint64_t before_ns = kept_.empty() ? 0 : reel_.inputs[kept_.front()].time_ns;
  for (std::uint32_t i = 0; i < kept_.size(); ++i) {
    const Input& input = reel_.inputs[kept_[i]];
    const std::uint64_t time_ns = std::max(before_ns, input.time_ns);
    Part& part = candidate.emplace_back(Part{.input = i, .wait_ns = time_ns - before_ns});
    if (input.kind == InputKind::kData) part.bytes = input.data;  // a signal's is its number
    before_ns = time_ns;
  }
  return candidate;
}

std::vector<std::uint64_t> CandidateFrame::times_of(const Candidate& candidate) const {
  std::vector<std::uint64_t> times;
  std::uint64_t time_ns = kept_.empty() ? 0 : reel_.inputs[kept_.front()].time_ns;
  for (const Part& part : candidate) times.push_back(time_ns += part.wait_ns);
  return times;
}

// What stands between two inputs keeps its distance from the first, and comes no later than the
// second.
std::vector<Input> CandidateFrame::inputs_of(const Candidate& candidate) const {
  std::vector<std::uint32_t> positions;
  for (const Part& part : candidate) positions.push_back(kept_[part.input]);
  const std::vector<std::uint64_t> times = times_of(candidate);
  std::vector<Input> inputs;
  std::size_t next = 0;
  for (const Input* framed : parts_.sequence(positions, closings_left_out_)) {
    Input& input = inputs.emplace_back(*framed);
    if (next < positions.size() && framed == &reel_.inputs[positions[next]]) {
      input.time_ns = times[next];
      if (input.kind == InputKind::kData) input.data = candidate[next].bytes;
      ++next;
      continue;
    }
    if (next > 0) {
      const std::uint64_t before_ns = reel_.inputs[positions[next - 1]].time_ns;
      input.time_ns = times[next - 1] + (framed->time_ns - std::min(framed->time_ns, before_ns));
    }
    if (next < times.size()) input.time_ns = std::min(input.time_ns, times[next]);
  }
  return inputs;
}

}  // namespace crashreel
