// How is a candidate made simpler in as many places as the crash allows?
//
// One engine for bytes, values and waits: a Rewrite says where something can be made simpler and
// what comes of it; the places that have to stay as they are, are searched like inputs are
// (search.h), from the end backwards, in chunks while nothing is known and one by one where most
// are needed. What a place is the engine doesn't know.
//
// What is guaranteed: the result brought the crash. Each place stood the test, alone or by
// inference, with the places before it as they were: for an oracle whose "passes" stay "passes" as
// more is made simple, none can be. To show that for any oracle, every place must be asked again
// once the last one is simple, which for a text can double the questions; it is done when at most
// `certify_share` of the places are still to be asked, and one_minimal says whether it was.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "minimizer/candidate.h"
#include "minimizer/oracle.h"
#include "minimizer/progress.h"

namespace crashreel {

class Rewrite {
 public:
  virtual ~Rewrite() = default;

  // The places, in the order of the candidate. Those of one input are one group.
  virtual std::span<const Item> places() const = 0;
  // The candidate with everything simple but the places in `kept`.
  virtual Candidate with(std::span<const std::uint32_t> kept) const = 0;
};

struct RewriteOptions {
  std::uint32_t search_votes = 1;
  std::uint32_t verify_votes = 1;  // a result that is not verified rests on search_votes
  std::uint32_t workers = 1;
  double certify_share = 0.25;
  bool all_first = false;  // ask first whether everything can be simple: likely, with waits
  std::uint64_t max_questions = std::numeric_limits<std::uint64_t>::max();
  std::size_t max_different = 16;
  std::function<bool()> stop;
  std::function<void(const Progress&)> progress;  // its items are places
};

struct RewriteResult {
  Candidate candidate;
  bool one_minimal = false;  // no single place more can be made simple
  bool stopped = false;
  std::uint64_t questions = 0;  // distinct in content, that the search needed
  std::uint64_t guesses = 0;    // asked ahead for further workers, and not needed
  std::uint64_t runs = 0;
  std::uint64_t unresolved = 0;
  std::vector<Candidate> different;

  // Adds the counts of an earlier step; what was found is that of this one.
  void count_also(const RewriteResult& earlier);
};

// The candidate in which nothing is simple yet must be known to bring the crash: it isn't asked.
RewriteResult rewrite(const Rewrite& places, CandidateOracle& oracle,
                      const RewriteOptions& options);

// What is left of the options' budget after so much was asked.
RewriteOptions after(RewriteOptions options, const RewriteResult& asked);

}  // namespace crashreel
