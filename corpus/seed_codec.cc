#include "corpus/seed_codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "capture/reel/wire.h"

namespace crashreel {
namespace {

constexpr char kMark = '\xc1';

// The tag's bits.
constexpr unsigned kKindBits = 7;
constexpr unsigned kSessionShift = 3;
constexpr unsigned kHasGap = 32;
constexpr unsigned kLetter = 64;

enum SessionChoice : unsigned { kSame = 0, kNew = 1, kNamed = 2, kNone = 3 };

// The numbers of sessions as a seed gives them out, and the one that "same" means. Encoder and
// decoder go through the inputs in the same order and so agree.
struct Sessions {
  std::uint32_t given = 0;
  std::optional<std::uint32_t> last;

  std::uint32_t use(std::uint32_t session) {
    last = session;
    return session;
  }
  std::uint32_t fresh() { return use(given++); }
};

void put_payload(std::string& out, std::string_view data) {
  for (std::size_t mark; (mark = data.find(kMark)) != std::string_view::npos;) {
    out.append(data.substr(0, mark + 1)).push_back(kMark);
    data.remove_prefix(mark + 1);
  }
  out.append(data);
}

// Expects the inputs of a canonical reel, in their order.
class Encoder {
 public:
  void add(const Input& input) {
    const std::uint64_t gap = input.time_ns - time_ns_;
    const SessionChoice choice = choose(input.session);
    const bool first_is_bare = out_.empty() && input.kind == InputKind::kData && choice == kNew &&
                               gap == 0 && !input.data.empty();
    if (!first_is_bare) {
      out_ += kMark;
      out_ += static_cast<char>(kLetter | (gap != 0 ? kHasGap : 0) | choice << kSessionShift |
                                static_cast<unsigned>(input.kind));
      if (choice == kNamed) put_varint(out_, input.session);
      if (gap != 0) put_varint(out_, gap);
    }
    put_payload(out_, input.data);
    time_ns_ = input.time_ns;
  }

  std::string take() { return std::move(out_); }

 private:
  SessionChoice choose(std::uint32_t session) {
    if (session == kNoSession) return kNone;
    if (session == sessions_.last) return kSame;
    if (session == sessions_.given) return sessions_.fresh(), kNew;
    return sessions_.use(session), kNamed;
  }

  std::string out_;
  Sessions sessions_;
  std::uint64_t time_ns_ = 0;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  std::vector<Input> all() {
    if (!rest_.empty() && !at_mark()) {
      next_.session = sessions_.fresh();
      add();
    }
    while (!rest_.empty()) {
      rest_.remove_prefix(1);
      if (header()) add();
    }
    return std::move(inputs_);
  }

 private:
  // A mark, and not a doubled one, which is a payload's byte. Cut behind its first half it is taken
  // for a mark: what is lost is the tail either way.
  bool at_mark() const { return rest_.front() == kMark && (rest_.size() < 2 || rest_[1] != kMark); }

  // Tag and numbers; false, and nothing is left, where they are cut off.
  bool header() {
    if (rest_.empty()) return false;
    const auto tag = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    const unsigned kind = tag & kKindBits;
    next_.kind = kind == 0 ? InputKind::kData : static_cast<InputKind>(kind);
    const unsigned choice = tag >> kSessionShift & 3;
    std::uint64_t named = 0;
    std::uint64_t gap = 0;
    if (choice == kNamed && !number(named)) return false;
    if ((tag & kHasGap) != 0 && !number(gap)) return false;
    next_.session = session(choice, named);
    if (!inputs_.empty()) next_.time_ns += std::min(gap, UINT64_MAX - next_.time_ns);
    return true;
  }

  std::uint32_t session(unsigned choice, std::uint64_t named) {
    if (choice == kNone) return kNoSession;
    if (choice == kNew || !sessions_.last) return sessions_.fresh();
    if (choice == kSame) return *sessions_.last;
    return sessions_.use(static_cast<std::uint32_t>(named % sessions_.given));
  }

  // Any ten bytes are a number. False, and nothing is left, where it is cut off.
  bool number(std::uint64_t& value) {
    for (unsigned i = 0; i < 10 && !rest_.empty(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80 || i == 9) return true;
    }
    return false;
  }

  // With the payload that follows, up to the next mark.
  void add() {
    next_.data.clear();
    while (!rest_.empty() && !at_mark()) {
      const bool doubled = rest_.front() == kMark;
      const std::size_t plain = doubled ? 1 : std::min(rest_.find(kMark), rest_.size());
      next_.data.append(rest_.substr(0, plain));
      rest_.remove_prefix(doubled ? 2 : plain);
    }
    inputs_.push_back(next_);
    ++next_.seq;
  }

  std::string_view rest_;
  Sessions sessions_;
  Input next_;
  std::vector<Input> inputs_;
};

// What was said about an input or about an answer is no input, and a fuzzer would mutate it in
// vain.
bool steers(InputKind kind) {
  return kind != InputKind::kMasked && kind != InputKind::kDigest;
}

}  // namespace

std::string encode_seed(const Reel& reel) {
  Encoder encoder;
  const Reel kept = canonical(reel);
  for (const Input& input : kept.inputs) encoder.add(input);
  return encoder.take();
}

Reel decode_seed(std::string_view bytes) {
  Reel reel;
  reel.inputs = Decoder(bytes).all();
  return reel;
}

Reel canonical(const Reel& reel) {
  Reel kept;
  for (const Input& input : reel.inputs)
    if (steers(input.kind)) kept.inputs.push_back(input);
  std::unordered_map<std::uint32_t, std::uint32_t> numbers;
  const std::uint64_t start = reel.inputs.empty() ? 0 : reel.inputs.front().time_ns;
  std::uint64_t seq = 0;
  std::uint64_t time_ns = 0;
  for (Input& input : kept.inputs) {
    input.seq = seq++;
    input.thread = 0;
    input.place = Place::kTail;
    if (input.time_ns > start) time_ns = std::max(time_ns, input.time_ns - start);
    input.time_ns = time_ns;
    if (input.session == kNoSession) continue;
    const auto number = static_cast<std::uint32_t>(numbers.size());
    input.session = numbers.try_emplace(input.session, number).first->second;
  }
  return kept;
}

}  // namespace crashreel
