#include "tools/pipeline/tails.h"

#include <unordered_set>

#include "capture/base/check.h"
#include "tools/pipeline/ring_room.h"

namespace crashreel {

Tails::Tails(const Reel& reel) : reel_(reel) {
  for (std::uint32_t i = 0; i < reel.inputs.size(); ++i) {
    const Input& input = reel.inputs[i];
    if (!counts_as_input(input.kind)) continue;
    if (is_beside(input)) {
      ++beside_;
    } else {
      inputs_.push_back(i);
    }
  }
}

bool Tails::is_beside(const Input& input) const {
  return !reel_.loss.reaches_start && input.place != Place::kTail;
}

std::size_t Tails::begin_of(std::uint32_t length) const {
  CRASHREEL_CHECK(length <= longest());
  if (length == longest()) return 0;
  return length == 0 ? inputs_.back() + 1 : inputs_[inputs_.size() - length];
}

Sequence Tails::sequence(std::uint32_t length) const {
  const std::size_t begin = begin_of(length);
  std::unordered_set<std::uint32_t> sessions;
  for (std::size_t i = begin; i < reel_.inputs.size(); ++i) {
    sessions.insert(reel_.inputs[i].session);
  }
  Sequence sequence;
  sequence.reserve(reel_.inputs.size() - begin);
  for (std::size_t i = 0; i < reel_.inputs.size(); ++i) {
    const Input& input = reel_.inputs[i];
    const bool opens = input.kind == InputKind::kOpen && sessions.contains(input.session);
    if (i >= begin || opens || is_beside(input)) sequence.push_back(&input);
  }
  return sequence;
}

const Input& Tails::oldest(std::uint32_t length) const {
  CRASHREEL_CHECK(length > 0 && length <= longest());
  return reel_.inputs[inputs_[inputs_.size() - length]];
}

std::uint64_t Tails::ring_bytes(std::uint32_t length) const {
  std::uint64_t bytes = 0;
  for (std::size_t i = begin_of(length); i < reel_.inputs.size(); ++i) {
    const Input& input = reel_.inputs[i];
    if (!is_beside(input)) bytes += record_bytes_in_ring(input.data.size());
  }
  return bytes;
}

}  // namespace crashreel
