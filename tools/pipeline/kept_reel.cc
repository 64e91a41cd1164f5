#include "tools/pipeline/kept_reel.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "capture/reel/masks.h"
#include "harness/drawn.h"

namespace crashreel {
namespace {

// The random bytes that production drew with what is kept in hand, and before all inputs.
void keep_draws(const Reel& whole, Reel& result) {
  std::unordered_set<std::uint64_t> kept = {kBeforeInputs};
  for (const Input& input : result.inputs) kept.insert(input.seq);
  for (const Draw& draw : draws_of(whole)) {
    if (kept.contains(draw.of)) result.inputs.push_back(whole.inputs[draw.position]);
  }
  std::ranges::sort(result.inputs, {}, &Input::seq);
}

// What says of an input that it was masked stays with it. Where bytes of that were left out or
// changed, nobody knows any more which of the rest were masked: it says so of all.
void keep_masks(const Reel& whole, Reel& result) {
  for (const MaskedInput& masked : masked_inputs(whole.inputs)) {
    const auto kept = std::ranges::find(result.inputs, whole.inputs[masked.input].seq, &Input::seq);
    if (kept == result.inputs.end()) continue;
    Input says = whole.inputs[masked.says];
    auto masks = parse_masks(says.data);
    if (masks && kept->data != whole.inputs[masked.input].data) {
      says.data = to_text(masks_of_all(*masks, kept->data.size()));
    }
    result.inputs.push_back(std::move(says));
  }
  std::ranges::sort(result.inputs, {}, &Input::seq);
}

}  // namespace

Reel kept_reel(const Reel& whole, const Target& target, std::vector<Input> inputs) {
  Reel result;
  result.program = whole.program;
  result.program.argv = target.argv;
  result.program.executable = target.executable;
  result.program.build_id = target.build_id;
  result.loss = whole.loss;
  result.files = whole.files;
  result.keeping = whole.keeping;
  result.file_digests = whole.file_digests;
  result.inputs = std::move(inputs);
  result.redaction = whole.redaction;
  keep_masks(whole, result);
  keep_draws(whole, result);
  return result;
}

}  // namespace crashreel
