// Which inputs before the one that killed did the program never take?
//
// Asked of a try more than those that are counted, which is looked at more closely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "tools/pipeline/tries.h"

namespace crashreel {

// Positions in the reel's inputs, rising.
struct Untaken {
  std::vector<std::size_t> unread;       // given, and not read to their end when the program died
  std::string unread_unknown;            // why nobody could see that; empty: all was seen
  std::vector<std::size_t> undelivered;  // of sessions that the program had ended
  int runs = 0;                          // that it took
};

struct UntakenOptions {
  std::uint64_t seed = 1;  // the first run's; those of the others follow
  int runs = 1;            // at most, until one dies of that crash with that input in flight
};

// Empty lists where none of the runs does.
Result<Untaken> find_untaken(Tries& tries, const Sequence& whole, const Input* trigger,
                             const UntakenOptions& options);

}  // namespace crashreel
