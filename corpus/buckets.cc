#include "corpus/buckets.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "capture/reel/telling_functions.h"

namespace crashreel {
namespace {

bool is_overflow(const Signature& signature) {
  return signature.kind == kOverflowKind;
}

// The frames that tell bugs apart; where all are the system's, those.
std::vector<const Frame*> telling_frames(const Signature& signature) {
  std::vector<const Frame*> frames;
  for (const Frame& frame : signature.frames)
    if (is_own(frame)) frames.push_back(&frame);
  if (frames.empty())
    for (const Frame& frame : signature.frames) frames.push_back(&frame);
  if (!is_overflow(signature) && frames.size() > kBucketFrames) frames.resize(kBucketFrames);
  return frames;
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Where it is, within one build. What lies in no file is elsewhere in every run.
std::string place_of(const Frame& frame) {
  if (frame.module.empty()) return "?";
  return frame.module + "/" + frame.build_id + "+" + std::to_string(frame.offset);
}

// In the order of the stack; of a recursion, which has none, each once.
std::string joined(std::vector<std::string> words, bool ordered) {
  if (!ordered) {
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
  }
  std::string text;
  for (const std::string& word : words) text += word + "\n";
  return text;
}

std::string place_key(const Signature& signature) {
  std::vector<std::string> places;
  for (const Frame* frame : telling_frames(signature)) places.push_back(place_of(*frame));
  return signature.kind + "\n" + joined(std::move(places), !is_overflow(signature));
}

// Empty where a frame has no name.
std::string name_key(const Signature& signature) {
  for (const Frame* frame : telling_frames(signature)) {
    if (frame->symbol.empty()) return {};
  }
  std::vector<std::string> names = telling_functions(signature, kBucketFrames).names;
  if (names.empty()) {
    for (const Frame* frame : telling_frames(signature)) names.push_back(frame->symbol);
  }
  return signature.kind + "\n" + joined(std::move(names), !is_overflow(signature));
}

class Sets {
 public:
  explicit Sets(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }
  void unite(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parent_;
};

// Of the crashes that have one list of names: within each build, the places where they die.
struct Namesakes {
  std::vector<std::size_t> crashes;
  std::map<std::string, std::set<std::uint64_t>> places;

  bool tell() const {
    return std::all_of(places.begin(), places.end(),
                       [](const auto& build) { return build.second.size() == 1; });
  }
};

void unite_by_place(std::span<const SeedFacts> seeds, std::span<const std::size_t> crashes,
                    Sets& sets) {
  std::map<std::string, std::size_t> first;
  for (const std::size_t at : crashes) {
    const Signature& signature = seeds[at].signature;
    std::string key = place_key(signature);
    if (signature.frames.empty()) key += base_name(seeds[at].executable);
    sets.unite(at, first.try_emplace(std::move(key), at).first->second);
  }
}

void unite_by_name(std::span<const SeedFacts> seeds, std::span<const std::size_t> crashes,
                   Sets& sets) {
  std::map<std::string, Namesakes> by_name;
  for (const std::size_t at : crashes) {
    const Signature& signature = seeds[at].signature;
    if (signature.frames.empty()) continue;
    std::string key = name_key(signature);
    if (key.empty()) continue;
    const Frame& innermost = *telling_frames(signature).front();
    Namesakes& namesakes = by_name[std::move(key)];
    namesakes.crashes.push_back(at);
    const std::uint64_t place = is_overflow(signature) ? 0 : innermost.offset;
    namesakes.places[innermost.module + "/" + innermost.build_id].insert(place);
  }
  for (const auto& [key, namesakes] : by_name) {
    if (!namesakes.tell()) continue;
    for (const std::size_t at : namesakes.crashes) sets.unite(at, namesakes.crashes.front());
  }
}

auto rank_of(const SeedFacts& seed) {
  return std::tie(seed.removed, seed.inputs, seed.bytes, seed.name);
}

}  // namespace

std::vector<Bucket> buckets_of(std::span<const SeedFacts> seeds) {
  std::vector<std::size_t> crashes;
  for (std::size_t i = 0; i < seeds.size(); ++i)
    if (!seeds[i].signature.kind.empty()) crashes.push_back(i);
  Sets sets(seeds.size());
  unite_by_place(seeds, crashes, sets);
  unite_by_name(seeds, crashes, sets);

  std::map<std::size_t, Bucket> by_root;
  for (const std::size_t at : crashes) {
    Bucket& bucket = by_root[sets.find(at)];
    bucket.members.push_back(at);
    bucket.removed += seeds[at].removed ? 1 : 0;
  }
  std::vector<Bucket> buckets;
  for (auto& [root, bucket] : by_root) {
    std::sort(bucket.members.begin(), bucket.members.end(),
              [&](std::size_t a, std::size_t b) { return rank_of(seeds[a]) < rank_of(seeds[b]); });
    buckets.push_back(std::move(bucket));
  }
  std::sort(buckets.begin(), buckets.end(), [&](const Bucket& a, const Bucket& b) {
    if (a.members.size() != b.members.size()) return a.members.size() > b.members.size();
    return seeds[a.members.front()].name < seeds[b.members.front()].name;
  });
  return buckets;
}

}  // namespace crashreel
