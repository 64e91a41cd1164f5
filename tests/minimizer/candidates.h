// Candidates from plain texts, and oracles over them from a plain condition.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "minimizer/candidate.h"
#include "minimizer/rewrite.h"

namespace crashreel::fakes {

using Payloads = std::vector<std::string>;

inline Candidate candidate_of(const Payloads& payloads) {
  Candidate candidate;
  for (const std::string& payload : payloads) {
    candidate.push_back(
        {.input = static_cast<std::uint32_t>(candidate.size()), .bytes = payload, .wait_ns = 0});
  }
  return candidate;
}

inline Payloads bytes_of(const Candidate& candidate) {
  Payloads payloads;
  for (const Part& part : candidate) payloads.push_back(part.bytes);
  return payloads;
}

// Crashes when the condition holds, and remembers what it was asked.
class CandidateFake : public CandidateOracle {
 public:
  using Crashes = std::function<bool(const Candidate&)>;
  explicit CandidateFake(Crashes crashes) : crashes_(std::move(crashes)) {}

  Verdict ask(const Candidate& candidate) override {
    ++runs;
    const ContentKey key = content_key(candidate);
    if (!asked.insert({key.low, key.high}).second) ++repeats;
    const bool crash = crashes_(candidate);
    if (crash) crashed.push_back(candidate);
    return crash ? Verdict::kReproduces : Verdict::kPasses;
  }

  std::uint64_t runs = 0;
  std::uint64_t repeats = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> asked;
  std::vector<Candidate> crashed;

 private:
  Crashes crashes_;
};

// The same over the texts alone.
inline CandidateFake::Crashes texts(std::function<bool(const Payloads&)> crashes) {
  return [crashes = std::move(crashes)](const Candidate& candidate) {
    return crashes(bytes_of(candidate));
  };
}

}  // namespace crashreel::fakes
