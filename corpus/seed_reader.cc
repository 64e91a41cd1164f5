#include "corpus/seed_reader.h"

#include <algorithm>
#include <cstring>

#include "capture/reel/reel.h"

namespace crashreel {
namespace {

// The next mark at or behind `at`; the end where there is none.
const char* mark_from(const char* at, const char* end) {
  const void* found =
      at == end ? nullptr : std::memchr(at, kSeedMark, static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

bool SeedReader::next(SeedInput& input) {
  if (!begun_) {
    begun_ = true;
    // A payload in front of the first mark. One that begins with a doubled mark is one, too.
    const bool at_mark =
        !rest_.empty() && rest_.front() == kSeedMark && (rest_.size() < 2 || rest_[1] != kSeedMark);
    if (!rest_.empty() && !at_mark) {
      input.kind = static_cast<std::uint32_t>(InputKind::kData);
      input.session = sessions_.fresh();
      input.gap_ns = 0;
      is_first_ = false;
      take_payload(input);
      return true;
    }
  }
  if (rest_.empty()) return false;
  rest_.remove_prefix(1);  // the mark that the payload before stopped at
  if (!header(input)) return false;
  is_first_ = false;
  take_payload(input);
  return true;
}

// Tag and numbers; false, and nothing is left, where they are cut off.
bool SeedReader::header(SeedInput& input) {
  if (rest_.empty()) return false;
  const auto tag = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  const unsigned kind = tag & kSeedKindBits;
  input.kind = kind == 0 ? static_cast<std::uint32_t>(InputKind::kData) : kind;
  const auto choice = static_cast<SessionChoice>(tag >> kSeedSessionShift & 3);
  std::uint64_t named = 0;
  std::uint64_t gap = 0;
  if (choice == SessionChoice::kNamed && !number(named)) return false;
  if ((tag & kSeedHasGap) != 0 && !number(gap)) return false;
  input.session = session(choice, named);
  input.gap_ns = is_first_ ? 0 : std::min(gap, UINT64_MAX - time_ns_);
  time_ns_ += input.gap_ns;
  return true;
}

std::uint32_t SeedReader::session(SessionChoice choice, std::uint64_t named) {
  if (choice == SessionChoice::kNone) return kNoSession;
  if (choice == SessionChoice::kNew || !sessions_.last) return sessions_.fresh();
  if (choice == SessionChoice::kSame) return *sessions_.last;
  return sessions_.use(static_cast<std::uint32_t>(named % sessions_.given));
}

// Any ten bytes are a number. False, and nothing is left, where it is cut off.
bool SeedReader::number(std::uint64_t& value) {
  for (unsigned i = 0; i < 10 && !rest_.empty(); ++i) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80 || i == 9) return true;
  }
  return false;
}

// Up to the next mark that is not doubled. Cut behind its first half a doubled one is taken for a
// mark: what is lost is the tail either way.
void SeedReader::take_payload(SeedInput& input) {
  const char* const begin = rest_.data();
  const char* const end = begin + rest_.size();
  input.has_doubled_marks = false;
  const char* at = mark_from(begin, end);
  while (end - at > 1 && at[1] == kSeedMark) {
    input.has_doubled_marks = true;
    at = mark_from(at + 2, end);
  }
  input.payload = rest_.substr(0, static_cast<std::size_t>(at - begin));
  rest_.remove_prefix(input.payload.size());
}

void append_plain_payload(std::string& out, const SeedInput& input) {
  if (!input.has_doubled_marks) {
    out.append(input.payload);
    return;
  }
  const std::size_t before = out.size();
  out.resize(before + input.payload.size());
  out.resize(before + put_plain_payload(out.data() + before, input));
}

std::size_t put_plain_payload(char* out, const SeedInput& input) {
  const char* from = input.payload.data();
  const char* const end = from + input.payload.size();
  char* to = out;
  while (from != end) {
    const char* const mark = mark_from(from, end);
    const char* const stop = mark == end ? end : mark + 1;  // with the first half of the pair
    to = std::copy(from, stop, to);
    from = mark == end ? end : mark + 2;
  }
  return static_cast<std::size_t>(to - out);
}

}  // namespace crashreel
