// Which inputs have seeds brought so far? The mutator's dictionary: what a program understands
// stands in the corpus already, only in another order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "corpus/draw.h"

namespace crashreel {

class KnownInputs {
 public:
  struct Known {
    std::uint32_t kind;
    std::string data;
  };

  // What it keeps is a function of the seeds and their order.
  void learn(std::string_view seed);

  bool empty() const { return inputs_.empty(); }
  std::size_t size() const { return inputs_.size(); }
  // There must be one.
  const Known& any(Draw& draw) const { return inputs_[draw.below(inputs_.size())]; }

  // Of more it keeps a uniform sample; longer ones it passes over.
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kLongestBytes = 512;

 private:
  void take(Known known);

  std::vector<Known> inputs_;
  std::unordered_set<std::uint64_t> seeds_met_;  // digests
  std::unordered_set<std::uint64_t> met_;        // of inputs
  std::string plain_;
};

}  // namespace crashreel
