#include "tools/pipeline/mine.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "corpus/seed_codec.h"
#include "harness/sequence.h"
#include "harness/served.h"

namespace crashreel {
namespace {

bool is_brought(const Input& input) {
  return input.session != kNoSession &&
         (input.kind == InputKind::kOpen || input.kind == InputKind::kData ||
          input.kind == InputKind::kClose);
}

}  // namespace

std::vector<MinedSeed> mine(const Reel& reel) {
  std::unordered_set<std::uint32_t> unserved;
  if (reel.program.kind == TargetKind::kServer) unserved = unserved_sessions(whole_sequence(reel));
  std::vector<std::pair<std::uint32_t, Reel>> sessions;
  std::unordered_map<std::uint32_t, std::size_t> place;
  for (const Input& input : reel.inputs) {
    if (!is_brought(input) || unserved.contains(input.session)) continue;
    const auto [at, is_new] = place.try_emplace(input.session, sessions.size());
    if (is_new) sessions.emplace_back(input.session, Reel{});
    sessions[at->second].second.inputs.push_back(input);
  }
  std::vector<MinedSeed> seeds;
  std::unordered_set<std::string> known;
  for (auto& [session, alone] : sessions) {
    const bool says_something =
        std::any_of(alone.inputs.begin(), alone.inputs.end(),
                    [](const Input& input) { return input.kind == InputKind::kData; });
    if (!says_something) continue;
    std::string bytes = encode_seed(alone);
    if (known.insert(bytes).second) seeds.push_back({session, std::move(bytes)});
  }
  return seeds;
}

}  // namespace crashreel
