#include "corpus/seed_codec.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "corpus/seed_reader.h"
#include "corpus/seed_writer.h"

namespace crashreel {
namespace {

// Mark, tag, and a short time gap.
constexpr std::size_t kUsualOverhead = 6;

// What was said about an input or about an answer is no input, and a fuzzer would mutate it in
// vain.
bool steers(InputKind kind) {
  return kind != InputKind::kMasked && kind != InputKind::kDigest;
}

// What the inputs of a reel become in a seed, in their order.
class Canonical {
 public:
  explicit Canonical(const Reel& reel) {
    for (const Input& input : reel.inputs) {
      if (!steers(input.kind)) continue;
      start_ns_ = input.time_ns;
      break;
    }
  }

  // Since the first input, and never falling.
  std::uint64_t time_of(const Input& input) {
    if (input.time_ns > start_ns_) time_ns_ = std::max(time_ns_, input.time_ns - start_ns_);
    return time_ns_;
  }

  // By first appearance.
  std::uint32_t session_of(const Input& input) {
    if (input.session == kNoSession) return kNoSession;
    if (input.session == last_ && !numbers_.empty()) return last_number_;
    const auto next = static_cast<std::uint32_t>(numbers_.size());
    last_ = input.session;
    last_number_ = numbers_.try_emplace(input.session, next).first->second;
    return last_number_;
  }

 private:
  std::uint64_t start_ns_ = 0;
  std::uint64_t time_ns_ = 0;
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
  std::uint32_t last_ = 0;  // the same session again and again needs no search
  std::uint32_t last_number_ = 0;
};

}  // namespace

std::string encode_seed(const Reel& reel) {
  std::string seed;
  std::size_t bytes = 0;
  for (const Input& input : reel.inputs) bytes += input.data.size() + kUsualOverhead;
  seed.reserve(bytes);
  SeedWriter writer(seed);
  Canonical canonical(reel);
  std::uint64_t before_ns = 0;
  for (const Input& input : reel.inputs) {
    if (!steers(input.kind)) continue;
    const std::uint64_t time_ns = canonical.time_of(input);
    writer.add(static_cast<std::uint32_t>(input.kind), canonical.session_of(input),
               time_ns - before_ns, input.data);
    before_ns = time_ns;
  }
  return seed;
}

Reel decode_seed(std::string_view bytes) {
  Reel reel;
  SeedReader reader(bytes);
  SeedInput found;
  std::uint64_t time_ns = 0;
  while (reader.next(found)) {
    time_ns += found.gap_ns;
    Input& input = reel.inputs.emplace_back();
    input.seq = reel.inputs.size() - 1;
    input.time_ns = time_ns;
    input.session = found.session;
    input.kind = static_cast<InputKind>(found.kind);
    append_plain_payload(input.data, found);
  }
  return reel;
}

Reel canonical(const Reel& reel) {
  Reel kept;
  Canonical canonical(reel);
  for (const Input& input : reel.inputs) {
    if (!steers(input.kind)) continue;
    Input& own = kept.inputs.emplace_back(input);
    own.seq = kept.inputs.size() - 1;
    own.thread = 0;
    own.place = Place::kTail;
    own.time_ns = canonical.time_of(input);
    own.session = canonical.session_of(input);
  }
  return kept;
}

}  // namespace crashreel
