// Where do a reel's inputs come from when they need not all be in memory?
//
// Whoever writes or sums up a reel asks for one input after the other, and may ask for all of them
// again. It refuses to know what is done with them.
#pragma once

#include <cstddef>
#include <span>

#include "capture/reel/reel.h"

namespace crashreel {

class InputSource {
 public:
  virtual ~InputSource() = default;

  // Makes next() begin anew, and give the same inputs.
  virtual void rewind() = 0;
  // In the order of the reel; null at the end. Good until the next call.
  virtual const Input* next() = 0;
};

// Those of a reel in memory, which must outlive this.
class InputsInMemory : public InputSource {
 public:
  explicit InputsInMemory(std::span<const Input> inputs) : inputs_(inputs) {}

  void rewind() override { next_ = 0; }
  const Input* next() override { return next_ < inputs_.size() ? &inputs_[next_++] : nullptr; }

 private:
  std::span<const Input> inputs_;
  std::size_t next_ = 0;
};

}  // namespace crashreel
