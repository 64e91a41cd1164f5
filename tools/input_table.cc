#include "tools/input_table.h"

#include <cstdio>

#include "capture/reel/answer_digest.h"
#include "capture/reel/masks.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

std::string right(std::string text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string columns_text(const std::string& seq, const std::string& place, const std::string& time,
                         const std::string& thread, const std::string& session,
                         const std::string& kind, const std::string& size) {
  return right(seq, 8) + "  " + left(place, 7) + right(time, 12) + right(thread, 7) +
         right(session, 8) + "  " + left(kind, 6) + right(size, 8) + "  ";
}

// "above: 7 of 13 bytes, mask 5+6 by rule 1".
std::string masks_text(const Masks& masks) {
  std::uint64_t hidden = 0;
  std::string ranges;
  for (const MaskedRange& range : masks.ranges) {
    hidden += range.size;
    ranges += ", " + range.action + " " + std::to_string(range.begin) + "+" +
              std::to_string(range.size) + " by " +
              (range.rule == 0 ? "the program" : "rule " + std::to_string(range.rule));
  }
  return "above: " + std::to_string(hidden) + " of " + std::to_string(masks.payload_bytes) +
         " bytes" + ranges;
}

// What the bytes are, in words, where they are not the program's input themselves.
std::string words_for(const Input& input) {
  if (input.kind == InputKind::kMasked) {
    const auto masks = parse_masks(input.data);
    return masks ? masks_text(*masks) : "";
  }
  if (input.kind != InputKind::kDigest) return "";
  const auto digest = answer_digest_of(input.data);
  if (!digest) return "";
  char text[64];
  std::snprintf(text, sizeof text, "%llu bytes answered, digest %016llx",
                static_cast<unsigned long long>(digest->bytes),
                static_cast<unsigned long long>(digest->value));
  return text;
}

std::string milliseconds_text(std::uint64_t nanoseconds) {
  std::string micro = std::to_string(1000 + nanoseconds / 1000 % 1000).substr(1);
  return std::to_string(nanoseconds / 1'000'000) + "." + micro;
}

}  // namespace

std::string input_table_head() {
  return columns_text("seq", "place", "ms", "thread", "session", "kind", "bytes") + "begins with";
}

std::string input_row(const Input& input, std::size_t columns) {
  std::string session = input.session == kNoSession ? "-" : std::to_string(input.session);
  std::string row = columns_text(std::to_string(input.seq), name_of(input.place),
                                 milliseconds_text(input.time_ns), std::to_string(input.thread),
                                 session, name_of(input.kind), std::to_string(input.data.size()));
  constexpr std::size_t kNarrowest = 8;  // of a preview, on the narrowest terminal
  std::size_t room = columns > row.size() + kNarrowest ? columns - row.size() : kNarrowest;
  const std::string words = words_for(input);
  return row + (words.empty() ? preview(input.data, room) : words.substr(0, room));
}

}  // namespace crashreel
