#include "tools/pipeline/parts.h"

#include <algorithm>

namespace crashreel {

Parts::Parts(const Reel& reel) : reel_(reel) {
  std::unordered_set<std::uint32_t> bringing;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kData) bringing.insert(input.session);
  }
  for (std::uint32_t i = 0; i < reel.inputs.size(); ++i) {
    const Input& input = reel.inputs[i];
    const bool is_frame = input.kind == InputKind::kOpen || input.kind == InputKind::kClose;
    if (counts_as_input(input.kind)) {
      inputs_.push_back(i);
    } else if (is_frame && bringing.contains(input.session)) {
      frame_.push_back(i);
      if (input.kind == InputKind::kClose) closings_.push_back(i);
    } else if (is_frame) {
      bare_.push_back(i);
    }
  }
}

std::vector<Item> Parts::items(std::span<const std::uint32_t> positions) const {
  std::vector<Item> items;
  items.reserve(positions.size());
  for (const std::uint32_t position : positions) {
    const Input& input = reel_.inputs[position];
    items.push_back({input.session, static_cast<std::uint32_t>(input.data.size())});
  }
  return items;
}

Sequence Parts::sequence(std::span<const std::uint32_t> kept,
                         const std::unordered_set<std::uint32_t>& closings_left_out) const {
  std::unordered_set<std::uint32_t> sessions;
  for (const std::uint32_t position : kept) sessions.insert(reel_.inputs[position].session);
  std::vector<std::uint32_t> positions(kept.begin(), kept.end());
  for (const std::uint32_t position : frame_) {
    if (sessions.contains(reel_.inputs[position].session) &&
        !closings_left_out.contains(position)) {
      positions.push_back(position);
    }
  }
  std::sort(positions.begin(), positions.end());
  Sequence sequence;
  sequence.reserve(positions.size());
  for (const std::uint32_t position : positions) sequence.push_back(&reel_.inputs[position]);
  return sequence;
}

}  // namespace crashreel
