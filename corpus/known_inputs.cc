#include "corpus/known_inputs.h"

#include <utility>

#include "capture/reel/reel.h"
#include "corpus/seed_reader.h"

namespace crashreel {
namespace {

// So many digests are remembered; after that nothing is learned any more.
constexpr std::size_t kMostMet = 1 << 20;

// FNV-1a, 64 bits: two payloads that share it are one lost word of a dictionary.
std::uint64_t digest_of(std::uint32_t kind, std::string_view data) {
  std::uint64_t digest = 0xcbf29ce484222325 ^ kind;
  for (const char c : data) digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return digest;
}

}  // namespace

void KnownInputs::learn(std::string_view seed) {
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
