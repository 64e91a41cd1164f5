// Who spoke when, in a terminal? A row for each of the busiest sessions, the others together in
// one; along it the time, or, where all inputs have one time, their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel {

class LanesText {
 public:
  // By seq. Inputs in the narrow sense count, each for sixteen bytes of memory.
  void add(const Input& input);

  // As wide as `columns`, but never narrower than its names.
  std::string text(std::size_t columns) const;

  struct Place {
    std::uint64_t time_ns;
    std::uint32_t session;
  };

 private:
  std::vector<Place> places_;
};

}  // namespace crashreel
