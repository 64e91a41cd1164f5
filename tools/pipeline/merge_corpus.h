// Which seeds does a fuzzer need to reach all that they reach?
//
// Asks libFuzzer itself: a fuzz target's -merge=1 over the corpus, and over candidates that are
// mined from reels, into an empty folder. What it took stays or comes in; what it did not take
// goes, but for reproducers: a fuzzer passes over what crashes it, and these are why the corpus is
// there. Interrupted anywhere, the corpus holds at least what it should.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "corpus/store.h"

namespace crashreel {

struct MergeOptions {
  std::string target;              // a libFuzzer binary
  std::vector<std::string> mined;  // reels whose sessions are candidates
  std::uint64_t now_ns = 0;        // since 1970
};

struct MergeReport {
  std::size_t before = 0;  // seeds
  std::size_t after = 0;
  std::size_t reproducers = 0;       // that stay whatever the fuzzer says
  std::size_t candidates = 0;        // mined
  std::vector<std::string> added;    // names: from the candidates
  std::vector<std::string> removed;  // names: they add nothing to the others' coverage
};

// Trouble::kTarget when the target can't be run, or fails.
Result<MergeReport> merge(Store& store, const MergeOptions& options);

}  // namespace crashreel
