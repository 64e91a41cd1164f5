// Has this very question been answered before?
//
// Answers are kept by the content of a choice, 128 bits of hash and a byte or two of answer, for as
// long as a minimization lasts: a question that comes up again on another way costs nothing. What
// the content means is the caller's; nothing is ever forgotten. Two different choices under one
// hash would mix up their answers: at a million questions the odds are below 1e-26, and the hash is
// no protection against somebody who wants that to happen.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "minimizer/oracle.h"

namespace crashreel {

struct ContentKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  bool operator==(const ContentKey&) const = default;
};

ContentKey content_key(std::span<const std::uint32_t> choice);
ContentKey content_key(std::span<const std::string> payloads);

// What is known of one question.
struct Answer {
  Verdict verdict = Verdict::kPasses;
  std::uint32_t votes = 0;          // runs that said "passes", or gave no answer even when retried
  bool retry = false;               // the run before gave no answer: the next one is its second try
  bool needed = false;              // the search asked for it; else it was only guessed ahead
  bool counted_unresolved = false;  // already among the questions that never got an answer

  // Nothing that a further run, up to this many, would be asked for.
  bool final_at(std::uint32_t wanted_votes) const {
    if (verdict == Verdict::kReproduces || verdict == Verdict::kDifferent) return true;
    return votes >= wanted_votes;
  }
};

class VerdictCache {
 public:
  // Null when the question was never asked. Valid until the next call of entry().
  const Answer* find(const ContentKey& key) const;
  Answer& entry(const ContentKey& key) { return answers_[key]; }

 private:
  struct KeyHash {
    std::size_t operator()(const ContentKey& key) const { return key.low; }
  };
  std::unordered_map<ContentKey, Answer, KeyHash> answers_;
};

}  // namespace crashreel
