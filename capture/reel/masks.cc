#include "capture/reel/masks.h"

#include <charconv>
#include <unordered_map>

namespace crashreel {
namespace {

// More than a writer ever puts into one text.
constexpr std::size_t kMostRanges = 65536;

// Takes a number and what must follow it off the text's front.
bool take(std::string_view& text, std::uint64_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return false;
  const auto length = static_cast<std::size_t>(parsed.ptr - text.data());
  if (length > 1 && text.front() == '0') return false;
  text.remove_prefix(length);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool take_action(std::string_view& text, std::string& action) {
  for (const char* known : {"mask", "hash", "drop"}) {
    if (!text.starts_with(known)) continue;
    action = known;
    text.remove_prefix(action.size());
    return true;
  }
  return false;
}

}  // namespace

std::optional<Masks> parse_masks(std::string_view text) {
  Masks masks;
  if (!take(text, masks.payload_bytes)) return std::nullopt;
  std::uint64_t end = 0;
  while (!text.empty()) {
    MaskedRange range;
    const bool whole = take(text, ' ') && take(text, range.rule) && take(text, ':') &&
                       take_action(text, range.action) && take(text, ':') &&
                       take(text, range.begin) && take(text, '+') && take(text, range.size);
    if (!whole || range.size == 0 || range.begin < end || range.begin > masks.payload_bytes ||
        range.size > masks.payload_bytes - range.begin || masks.ranges.size() == kMostRanges) {
      return std::nullopt;
    }
    end = range.begin + range.size;
    masks.ranges.push_back(std::move(range));
  }
  return masks;
}

std::string to_text(const Masks& masks) {
  std::string text = std::to_string(masks.payload_bytes);
  for (const MaskedRange& range : masks.ranges) {
    text += " " + std::to_string(range.rule) + ":" + range.action + ":" +
            std::to_string(range.begin) + "+" + std::to_string(range.size);
  }
  return text;
}

Masks masks_of_all(const Masks& masks, std::uint64_t payload_bytes) {
  Masks all{payload_bytes, {}};
  if (masks.ranges.empty() || payload_bytes == 0) return all;
  MaskedRange range = masks.ranges.front();
  range.begin = 0;
  range.size = payload_bytes;
  all.ranges.push_back(std::move(range));
  return all;
}

std::vector<MaskedInput> masked_inputs(std::span<const Input> inputs) {
  std::vector<MaskedInput> masked;
  std::unordered_map<std::uint32_t, std::size_t> latest;  // by session
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Input& input = inputs[i];
    if (input.kind == InputKind::kDigest) continue;
    if (input.kind != InputKind::kMasked) {
      latest[input.session] = i;
    } else if (const auto before = latest.find(input.session); before != latest.end()) {
      masked.push_back({before->second, i});
    }
  }
  return masked;
}

}  // namespace crashreel
