// What is sent to the program when some inputs are left out and others have been changed?
//
// A choice (oracle.h) says which items stay; a candidate says what is left of each: its bytes, and
// how long after the one before it comes. The passes after the inputs (rewrite.h) make candidates
// smaller and plainer, by an order that is total: whatever way a search takes, each step it accepts
// lies lower, so it ends, and of two results one is the better.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "minimizer/cache.h"
#include "minimizer/oracle.h"

namespace crashreel {

struct Part {
  std::uint32_t input = 0;  // which of the original inputs
  std::string bytes;
  std::uint64_t wait_ns = 0;  // after the part before it

  bool operator==(const Part&) const = default;
};

// Inputs strictly rising.
using Candidate = std::vector<Part>;

std::uint64_t bytes_in(const Candidate& candidate);  // of all its parts

ContentKey content_key(std::span<const Part> candidate);

// Less is better: fewer inputs, then fewer bytes, then plainer ones, then fewer waits, then shorter
// ones. Of two that are equal in all this, the one with the earlier inputs. Only what is equal in
// everything is equal.
std::strong_ordering compare(const Candidate& a, const Candidate& b);

// How a byte stands among the others: space, digits, small letters, large ones, then the rest.
std::uint8_t rank_of(char byte);

class CandidateOracle {
 public:
  virtual ~CandidateOracle() = default;

  // Does the crash come back when this is sent?
  virtual Verdict ask(const Candidate& candidate) = 0;
  // As Oracle::ask_all.
  virtual std::vector<Verdict> ask_all(std::span<const Candidate> candidates);
};

}  // namespace crashreel
