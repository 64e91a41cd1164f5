// A text of rules, an empty line, a payload: whatever both are, the rules are read or refused with
// a place inside the text; and applied to the payload they keep its length, change nothing outside
// what they say they changed, and leave no whole secret. What they say of it can be read.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/base/check.h"
#include "capture/reel/masks.h"
#include "capture/runtime/redact_bytes.h"

using namespace crashreel::redact;

namespace {

constexpr Key kKey{0x0123456789abcdef, 0xfedcba9876543210};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string copied(const Ranges& ranges, std::string_view payload, std::size_t from,
                   std::size_t size) {
  std::string to(size, '?');
  copy(ranges, kKey, bytes_of(payload), from, reinterpret_cast<unsigned char*>(to.data()), size);
  return to;
}

bool is_covered(const Ranges& ranges, std::size_t begin, std::size_t end) {
  return std::any_of(ranges.list, ranges.list + ranges.count,
                     [&](const Range& range) { return range.begin <= begin && end <= range.end; });
}

void check_ranges(const Ranges& ranges) {
  std::size_t last_end = 0;
  for (std::uint32_t i = 0; i < ranges.count; ++i) {
    CRASHREEL_CHECK(ranges.list[i].begin >= last_end);
    CRASHREEL_CHECK(ranges.list[i].end > ranges.list[i].begin);
    last_end = ranges.list[i].end;
  }
  CRASHREEL_CHECK(last_end <= ranges.size);
}

void check_copy(const Ranges& ranges, std::string_view payload) {
  if (ranges.drops()) return;
  const std::string whole = copied(ranges, payload, 0, payload.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    CRASHREEL_CHECK(whole[i] == payload[i] || is_covered(ranges, i, i + 1));
  }
  const std::size_t half = payload.size() / 2;
  CRASHREEL_CHECK(copied(ranges, payload, 0, half) == whole.substr(0, half));
  CRASHREEL_CHECK(copied(ranges, payload, half, payload.size() - half) == whole.substr(half));
}

// Found by the plainest of searches.
void check_literals(const Rules& rules, const Ranges& ranges, std::string_view payload) {
  for (std::uint32_t i = 0; i < rules.count; ++i) {
    const Rule& rule = rules.list[i];
    if (rule.where != Where::kLiteral || rule.any_case || rule.head != rule.size) continue;
    const std::string_view secret(reinterpret_cast<const char*>(rule.text), rule.size);
    for (std::size_t at = 0; (at = payload.find(secret, at)) != std::string_view::npos; ++at) {
      CRASHREEL_CHECK(ranges.drops() || is_covered(ranges, at, at + secret.size()));
    }
  }
}

void check_what_is_said(const Ranges& ranges) {
  char said[kMostMaskText];
  const std::size_t length = text_of(ranges, said);
  CRASHREEL_CHECK(length <= kMostMaskText);
  const auto masks = crashreel::parse_masks({said, length});
  CRASHREEL_CHECK(masks && masks->payload_bytes == ranges.size);
  CRASHREEL_CHECK(masks->ranges.size() == ranges.count);
  for (std::uint32_t i = 0; i < ranges.count; ++i) {
    CRASHREEL_CHECK(masks->ranges[i].begin == ranges.list[i].begin);
    CRASHREEL_CHECK(masks->ranges[i].rule == ranges.list[i].rule);
  }
}

// As the data of a hostile reel's kMasked input.
void check_masks(std::string_view text) {
  const auto masks = crashreel::parse_masks(text);
  CRASHREEL_CHECK(!masks || crashreel::to_text(*masks) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t gap = std::min(all.find("\n\n"), size);
  const std::string_view text = all.substr(0, gap);
  const std::string_view payload = all.substr(std::min(gap + 2, size));
  Rules rules;
  Complaint complaint;
  if (!parse_rules(text.data(), text.size(), true, rules, complaint)) {
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    CRASHREEL_CHECK(complaint.what != nullptr && complaint.line >= 1 && complaint.line <= lines);
    CRASHREEL_CHECK(complaint.column >= 1 && complaint.column <= text.size() + 1);
  }
  for (std::uint32_t i = 0; i < rules.count; ++i) {
    const Rule& rule = rules.list[i];
    CRASHREEL_CHECK(rule.head >= 1 && rule.head <= rule.size && rule.size <= kMostRuleText);
    if (rule.where == Where::kSession) session_fits(rule, payload.data(), payload.size());
  }
  Ranges ranges;
  ranges.size = payload.size();
  find(rules, bytes_of(payload), ranges);
  seal(kKey, bytes_of(payload), ranges);
  check_ranges(ranges);
  check_copy(ranges, payload);
  check_literals(rules, ranges, payload);
  check_what_is_said(ranges);
  check_masks(payload);
  return 0;
}
