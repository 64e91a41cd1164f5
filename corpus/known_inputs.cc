#include "corpus/known_inputs.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "capture/reel/reel.h"
#include "corpus/seed_reader.h"

namespace crashreel {
namespace {

// So many digests are remembered; after that nothing is learned any more.
constexpr std::size_t kMostMet = 1 << 20;

// Two texts that share one are one lost word of a dictionary. Eight bytes at a time, since a fuzzer
// shows the same seeds again and again.
std::uint64_t digest_of(std::uint64_t start, std::string_view data) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t digest = (start ^ data.size()) * kOdd;
  while (!data.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(data.size(), sizeof word);
    std::memcpy(&word, data.data(), size);
    digest = std::rotl(digest ^ word, 29) * kOdd;
    data.remove_prefix(size);
  }
  return digest;
}

}  // namespace

void KnownInputs::learn(std::string_view seed) {
  if (seeds_met_.size() == kMostMet || !seeds_met_.insert(digest_of(0, seed)).second) return;
  SeedReader reader(seed);
  SeedInput input;
  while (reader.next(input)) {
    if (input.payload.empty() || input.payload.size() > kLongestBytes) continue;
    plain_.clear();
    append_plain_payload(plain_, input);
    if (met_.size() < kMostMet && met_.insert(digest_of(input.kind, plain_)).second)
      take({input.kind, plain_});
  }
}

// Reservoir sampling; the chance comes from how many there were.
void KnownInputs::take(Known known) {
  if (inputs_.size() < kMost) {
    inputs_.push_back(std::move(known));
    return;
  }
  const std::size_t place = Draw(met_.size()).below(met_.size());
  if (place < kMost) inputs_[place] = std::move(known);
}

}  // namespace crashreel
