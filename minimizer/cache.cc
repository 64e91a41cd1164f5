#include "minimizer/cache.h"

#include <bit>
#include <cstring>

namespace crashreel {

namespace {

// Two lanes of multiply-rotate over 64-bit words: for a given word each step is a bijection of the
// lane, so two contents that differ in one word never meet again by that word alone. A choice of a
// million positions takes about a millisecond, which bounds what a question costs us.
class Mixer {
 public:
  void add(std::uint64_t word) {
    low_ = std::rotl(low_ ^ (word * kOdd1), 29) * kOdd2;
    high_ = (std::rotl(high_, 37) + word) * kOdd3;
  }

  ContentKey key(std::uint64_t length) const {
    return {.low = finish(low_ ^ length), .high = finish(high_ + length * kOdd1)};
  }

 private:
  static std::uint64_t finish(std::uint64_t word) {
    word = (word ^ (word >> 32)) * kOdd2;
    word = (word ^ (word >> 29)) * kOdd3;
    return word ^ (word >> 32);
  }

  // Odd, about half of the bits set: the fractional digits of sqrt(2), sqrt(3) and sqrt(5).
  static constexpr std::uint64_t kOdd1 = 0x6a09e667f3bcc909;
  static constexpr std::uint64_t kOdd2 = 0xbb67ae8584caa73b;
  static constexpr std::uint64_t kOdd3 = 0x3c6ef372fe94f82b;

  std::uint64_t low_ = kOdd1;
  std::uint64_t high_ = kOdd3;
};

}  // namespace

ContentKey content_key(std::span<const std::uint32_t> choice) {
  Mixer mixer;
  std::size_t at = 0;
  for (; at + 2 <= choice.size(); at += 2) {
    mixer.add(choice[at] | static_cast<std::uint64_t>(choice[at + 1]) << 32);
  }
  if (at < choice.size()) mixer.add(choice[at]);
  return mixer.key(choice.size());
}

ContentKey content_key(std::span<const std::string> payloads) {
  Mixer mixer;
  for (const std::string& payload : payloads) {
    mixer.add(payload.size());
    for (std::size_t at = 0; at < payload.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, payload.data() + at, std::min(sizeof word, payload.size() - at));
      mixer.add(word);
    }
  }
  return mixer.key(payloads.size());
}

const Answer* VerdictCache::find(const ContentKey& key) const {
  const auto found = answers_.find(key);
  return found == answers_.end() ? nullptr : &found->second;
}

}  // namespace crashreel
