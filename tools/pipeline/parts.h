// What of a reel can be left out, and what remains when it is?
//
// Between reels, which have sessions with openings and closings, and the minimizer, which has a
// list of items. One item is one input in the narrow sense; the opening of a session stays as long
// as one of its inputs does. Closings, and sessions that bring no input at all, are asked for
// apart.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "capture/reel/reel.h"
#include "harness/sequence.h"
#include "minimizer/oracle.h"

namespace crashreel {

class Parts {
 public:
  explicit Parts(const Reel& reel);

  // Positions in the reel's inputs.
  const std::vector<std::uint32_t>& inputs() const { return inputs_; }  // data and signals
  const std::vector<std::uint32_t>& closings() const { return closings_; }
  const std::vector<std::uint32_t>& bare() const { return bare_; }  // openings of bare sessions

  std::vector<Item> items(std::span<const std::uint32_t> positions) const;

  // The reel's inputs at `kept` (rising positions), with what belongs to them: the openings of
  // their sessions, and their closings but for those at `closings_left_out`.
  Sequence sequence(std::span<const std::uint32_t> kept,
                    const std::unordered_set<std::uint32_t>& closings_left_out = {}) const;

 private:
  const Reel& reel_;
  std::vector<std::uint32_t> inputs_;
  std::vector<std::uint32_t> closings_;
  std::vector<std::uint32_t> bare_;
  std::vector<std::uint32_t> frame_;  // openings and closings of sessions that bring inputs
};

}  // namespace crashreel
