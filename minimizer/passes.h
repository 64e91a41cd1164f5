// What else can be smaller, once no input can go alone?
//
// The passes after the inputs, in their order: two inputs together, bytes, values, waits, and then
// the single inputs again, as one whose bytes have become plain may be needed no longer. When one
// has gone, or the result is small, all of it is done again, until nothing changes. Each step lies
// lower in the order of candidate.h, so that is soon.
#pragma once

#include <string>

#include "minimizer/rewrite.h"
#include "minimizer/waits.h"

namespace crashreel {

struct PassesOptions {
  // Votes, workers and limits; max_questions is for all passes together, progress is not used.
  RewriteOptions each;
  // Where votes are counted, as many fewer: a pair is tried for a chance, not for the proof.
  std::uint64_t most_pairs = 200;
  bool bytes = true;
  bool values = true;
  bool waits = true;
  std::uint64_t wait_unit_ns = kWaitUnitNs;
  // So few bytes are worth a second look at all of them after a value has changed.
  std::uint64_t few_bytes = 128;
  std::function<void(const char* pass, const Progress&)> progress;
};

struct PassTally {
  std::string pass;  // "pairs", "bytes", "values", "waits", "singles"
  std::uint64_t questions = 0;
  std::uint64_t guesses = 0;

  bool operator==(const PassTally&) const = default;
};

struct PassesResult {
  Candidate candidate;
  bool one_minimal = false;        // in inputs
  bool two_minimal = false;        // neither one nor two inputs can go
  bool bytes_one_minimal = false;  // false too where a proof was not worth its questions
  bool stopped = false;
  std::uint64_t runs = 0;  // of the oracle
  std::uint64_t unresolved = 0;
  std::vector<PassTally> passes;  // in the order in which they first ran
  std::vector<Candidate> different;
};

// `start` must be known to bring the crash, and that no single input of it can go. items[i] is what
// input i is. The result does not depend on the number of workers if leaving more as it was does no
// harm.
PassesResult run_passes(const Candidate& start, std::span<const Item> items,
                        CandidateOracle& oracle, const PassesOptions& options);

}  // namespace crashreel
