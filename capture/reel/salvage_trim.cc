#include "capture/reel/salvage_trim.h"

#include <unordered_set>
#include <utility>
#include <vector>

namespace crashreel {
namespace {

// Where the newest `keep` inputs begin, at `from` at the earliest.
std::size_t newest(const std::vector<Input>& inputs, std::size_t from, std::uint64_t keep) {
  std::size_t cut = inputs.size();
  for (std::size_t i = inputs.size(); i-- > from && keep != 0;) {
    if (!counts_as_input(inputs[i].kind)) continue;
    cut = i;
    --keep;
  }
  // Fewer than that: all of the tail.
  return keep != 0 ? from : cut;
}

// The openings in [from, cut) that brought sessions which are in use from `cut` on. Walked from the
// end: a session number that is used again belongs to its newest opening.
std::vector<bool> wanted_openings(const std::vector<Input>& inputs, std::size_t from,
                                  std::size_t cut) {
  std::unordered_set<std::uint32_t> wanted;
  for (std::size_t i = inputs.size(); i-- > cut;) {
    const Input& input = inputs[i];
    if (input.session == kNoSession) continue;
    if (input.kind == InputKind::kOpen) {
      wanted.erase(input.session);
    } else {
      wanted.insert(input.session);
    }
  }
  std::vector<bool> stays(cut, false);
  for (std::size_t i = cut; i-- > from;) {
    const Input& input = inputs[i];
    if (input.kind == InputKind::kOpen) stays[i] = wanted.erase(input.session) != 0;
    if (input.kind == InputKind::kClose) wanted.erase(input.session);
  }
  return stays;
}

}  // namespace

void trim_tail(Reel& reel, std::uint64_t keep) {
  if (keep == 0) return;
  std::vector<Input>& inputs = reel.inputs;
  const std::size_t prelude = prelude_of(reel);
  const std::size_t cut = newest(inputs, prelude, keep);
  const std::vector<bool> stays = wanted_openings(inputs, prelude, cut);
  std::size_t kept = prelude;
  for (std::size_t i = prelude; i < inputs.size(); ++i) {
    if (i < cut && !stays[i]) continue;
    if (kept != i) inputs[kept] = std::move(inputs[i]);
    ++kept;
  }
  const std::size_t trimmed = inputs.size() - kept;
  if (trimmed == 0) return;
  reel.loss.trimmed_inputs += trimmed;
  const std::size_t first = kept - (reel.inputs.size() - cut);
  inputs.resize(kept);
  reel.loss.first_kept_seq = inputs[first].seq;
}

}  // namespace crashreel
