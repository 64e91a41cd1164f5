// What is left of a reel when its tail is shorter?
//
// A tail of so many inputs is all that the reel has from the first of them on, with the openings of
// those sessions that began before. What a ring keeps beside its tail, however short that is
// (prelude, heads, pins), every tail has as well. Of a reel without a gap, which goes back to the
// program's start, all is tail.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/reel/reel.h"
#include "harness/sequence.h"

namespace crashreel {

class Tails {
 public:
  explicit Tails(const Reel& reel);

  // Inputs in the narrow sense of the longest tail.
  std::uint32_t longest() const { return static_cast<std::uint32_t>(inputs_.size()); }
  // Those that are in every tail, because they are kept beside it.
  std::uint32_t beside() const { return beside_; }

  Sequence sequence(std::uint32_t length) const;
  // The oldest input of a tail of at least one.
  const Input& oldest(std::uint32_t length) const;
  // What the records of a tail take in a ring, beside those of all others: bytes.
  std::uint64_t ring_bytes(std::uint32_t length) const;

 private:
  bool is_beside(const Input& input) const;
  // Where in the reel's inputs a tail begins.
  std::size_t begin_of(std::uint32_t length) const;

  const Reel& reel_;
  std::vector<std::uint32_t> inputs_;  // positions in the reel's
  std::uint32_t beside_ = 0;
};

}  // namespace crashreel
