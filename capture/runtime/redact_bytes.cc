#include "capture/runtime/redact_bytes.h"

#include <string.h>

#include "capture/runtime/put_text.h"

namespace crashreel::redact {
namespace {

constexpr unsigned char kMaskByte = 'x';

unsigned char folded(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + ('a' - 'A')) : byte;
}

bool is_digit(unsigned char byte) {
  return byte >= '0' && byte <= '9';
}

struct Span {
  std::size_t begin;
  std::size_t end;
};

// One rule's way through a payload: its next find, the earliest first.
class Finder {
 public:
  void start(const Rule& rule, const unsigned char* bytes, std::size_t size) {
    rule_ = &rule;
    bytes_ = bytes;
    size_ = size;
    step();
  }

  bool found() const { return found_; }
  const Span& secret() const { return secret_; }

  // Texts may overlap, and one may stand inside the secret behind another.
  void step() {
    found_ = false;
    while (!found_ && search()) {
      const std::size_t end = match_end(at_);
      if (end != 0) found_ = take(end);
      ++at_;
    }
  }

 private:
  // Moves to the next place at or behind at_ where the head of the text stands.
  bool search() {
    const std::size_t head = rule_->head;
    if (at_ > size_ || size_ - at_ < head) return false;
    if (!rule_->any_case) {
      const void* place = ::memmem(bytes_ + at_, size_ - at_, rule_->text, head);
      if (place == nullptr) return false;
      at_ = static_cast<std::size_t>(static_cast<const unsigned char*>(place) - bytes_);
      return true;
    }
    for (; size_ - at_ >= head; ++at_) {
      std::size_t same = 0;
      while (same < head && folded(bytes_[at_ + same]) == folded(rule_->text[same])) ++same;
      if (same == head) return true;
    }
    return false;
  }

  // Where the whole text ends that begins at `begin`; 0: it does not stand there. A run of digits
  // takes as many as there are.
  std::size_t match_end(std::size_t begin) const {
    std::size_t at = begin + rule_->head;
    for (std::size_t i = rule_->head; i < rule_->size; ++i) {
      if (rule_->digits.has(static_cast<unsigned char>(i))) {
        const std::size_t first = at;
        while (at < size_ && at - first < kMostDigits && is_digit(bytes_[at])) ++at;
        if (at == first) return 0;
        continue;
      }
      if (at == size_) return 0;
      const bool same = rule_->any_case ? folded(bytes_[at]) == folded(rule_->text[i])
                                        : bytes_[at] == rule_->text[i];
      if (!same) return 0;
      ++at;
    }
    return at;
  }

  // The secret that belongs to a text in [at_, end). False: it is empty.
  bool take(std::size_t end) {
    if (rule_->where == Where::kLiteral) {
      secret_ = {at_, end};
      return true;
    }
    // From anywhere inside a secret its end is the same, and need not be searched for again.
    std::size_t secret_end = secret_.end;
    if (end < secret_.begin || end >= secret_.end) {
      secret_end = end;
      while (secret_end < size_ && !rule_->ends.has(bytes_[secret_end])) ++secret_end;
    }
    if (secret_end == end) return false;
    secret_ = {end, secret_end};
    return true;
  }

  const Rule* rule_ = nullptr;
  const unsigned char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  Span secret_ = {0, 0};
  bool found_ = false;
};

}  // namespace

void Ranges::add_all(std::uint32_t rule, Action action) {
  count = size != 0 ? 1 : 0;
  list[0] = {0, size, 0, rule, action};
}

void Ranges::add(std::size_t begin, std::size_t end, std::uint32_t rule, Action action) {
  if (end > size) end = size;
  if (begin >= end || drops()) return;
  if (action == Action::kDrop) return add_all(rule, action);
  Overlap overlap = overlap_with(begin, end);
  if (overlap.low == overlap.high && count == kMostRanges) {
    // No room. The last one and the new one, whichever begins first, take all behind it.
    if (list[count - 1].begin < begin) begin = list[count - 1].begin;
    end = size;
    action = Action::kMask;
    overlap = overlap_with(begin, end);
  }
  const auto [low, high] = overlap;
  if (low == high) {
    for (std::uint32_t i = count; i > low; --i) list[i] = list[i - 1];
    ++count;
    list[low] = {begin, end, 0, rule, action};
    return;
  }
  Range& merged = list[low];
  for (std::uint32_t i = low; i < high; ++i) {
    if (list[i].action != action) merged.action = Action::kMask;
  }
  if (begin < merged.begin) {
    merged.begin = begin;
    merged.rule = rule;
  }
  merged.end = list[high - 1].end > end ? list[high - 1].end : end;
  for (std::uint32_t i = high; i < count; ++i) list[low + 1 + (i - high)] = list[i];
  count -= high - low - 1;
}

Ranges::Overlap Ranges::overlap_with(std::size_t begin, std::size_t end) const {
  std::uint32_t low = 0;
  while (low < count && list[low].end <= begin) ++low;
  std::uint32_t high = low;
  while (high < count && list[high].begin < end) ++high;
  return {low, high};
}

void find(const Rules& rules, const unsigned char* bytes, Ranges& ranges) {
  Finder finders[kMostRules];
  for (std::uint32_t i = 0; i < rules.count; ++i) {
    const Where where = rules.list[i].where;
    if (where == Where::kLiteral || where == Where::kAfter) {
      finders[i].start(rules.list[i], bytes, ranges.size);
    }
  }
  // From the front backwards, over all rules: so what does not fit into the list lies at the end.
  for (;;) {
    std::uint32_t next = rules.count;
    for (std::uint32_t i = 0; i < rules.count; ++i) {
      if (!finders[i].found()) continue;
      const bool earlier =
          next == rules.count || finders[i].secret().begin < finders[next].secret().begin;
      if (earlier) next = i;
    }
    if (next == rules.count || ranges.drops()) return;
    const Span& secret = finders[next].secret();
    ranges.add(secret.begin, secret.end, next + 1, rules.list[next].action);
    finders[next].step();
  }
}

void seal(const Key& key, const unsigned char* bytes, Ranges& ranges) {
  for (std::uint32_t i = 0; i < ranges.count; ++i) {
    Range& range = ranges.list[i];
    if (range.action == Action::kHash) {
      range.hash = siphash(key, bytes + range.begin, range.end - range.begin);
    }
  }
}

void copy(const Ranges& ranges, const Key& key, const unsigned char* bytes, std::size_t from,
          unsigned char* to, std::size_t size) {
  std::size_t at = from;
  const std::size_t end = from + size;
  for (std::uint32_t i = 0; i < ranges.count && ranges.list[i].begin < end; ++i) {
    const Range& range = ranges.list[i];
    if (range.end <= at) continue;
    const std::size_t begin = range.begin > at ? range.begin : at;
    const std::size_t stop = range.end < end ? range.end : end;
    ::memcpy(to + (at - from), bytes + at, begin - at);
    if (range.action == Action::kHash) {
      put_letters(key, range.hash, begin - range.begin, to + (begin - from), stop - begin);
    } else {
      ::memset(to + (begin - from), kMaskByte, stop - begin);
    }
    at = stop;
  }
  ::memcpy(to + (at - from), bytes + at, end - at);
}

std::size_t text_of(const Ranges& ranges, char (&text)[kMostMaskText]) {
  char* at = put_decimal(text, ranges.size);
  for (std::uint32_t i = 0; i < ranges.count; ++i) {
    const Range& range = ranges.list[i];
    *at++ = ' ';
    at = put_decimal(at, range.rule);
    *at++ = ':';
    ::memcpy(at, name_of(range.action), 4);
    at += 4;
    *at++ = ':';
    at = put_decimal(at, range.begin);
    *at++ = '+';
    at = put_decimal(at, range.end - range.begin);
  }
  return static_cast<std::size_t>(at - text);
}

}  // namespace crashreel::redact
