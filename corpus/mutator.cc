#include "corpus/mutator.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace crashreel {
namespace {

// How often a change that the seed has nothing for gives way to another one.
constexpr int kAttempts = 16;

// Those that need most luck are tried most often: where an input comes, in which session, and which
// one.
SeedChange some_change(Draw& draw) {
  constexpr SeedChange kOften[] = {
      SeedChange::kKnownInput, SeedChange::kKnownInput, SeedChange::kDuplicate,
      SeedChange::kMove,       SeedChange::kGive,       SeedChange::kBytes,
      SeedChange::kBytes,      SeedChange::kBytes,      SeedChange::kDrop};
  const std::size_t drawn = draw.below(kSeedChanges + std::size(kOften));
  return drawn < kSeedChanges ? static_cast<SeedChange>(drawn) : kOften[drawn - kSeedChanges];
}

// Some of the other's parts are put behind, or at rising places among, those that are there.
void bring_in(PartedSeed& seed, const std::vector<Part>& run, bool in_one_place, Draw& draw) {
  std::size_t place = draw.below(seed.parts.size() + 1);
  for (const Part& part : run) {
    seed.parts.insert(seed.parts.begin() + static_cast<std::ptrdiff_t>(place), part);
    ++place;
    if (!in_one_place) place += draw.below(seed.parts.size() - place + 1);
  }
}

// Of the other seed: all from somewhere on, some neighbours, or one session.
std::vector<Part> choose(const PartedSeed& other, Draw& draw) {
  const std::vector<Part>& parts = other.parts;
  const std::size_t from = draw.below(parts.size());
  const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(from);
  if (draw.one_in(3)) return {begin, parts.end()};
  if (draw.one_in(2)) {
    const std::size_t count = 1 + draw.below(std::min<std::size_t>(parts.size() - from, 8));
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }
  std::vector<Part> session;
  for (const Part& part : parts)
    if (part.session == begin->session) session.push_back(part);
  return session;
}

}  // namespace

bool SeedMutator::change_once(Draw& draw, std::size_t most) {
  ChangeScene scene{seed_, known_, mutate_bytes_, most, draw};
  for (int attempt = 0; attempt < kAttempts; ++attempt)
    if (apply(some_change(draw), scene)) return true;
  return apply(SeedChange::kOpenOrClose, scene);
}

std::size_t SeedMutator::put(std::uint8_t* out, std::size_t most) {
  seed_.write(written_, most);
  std::copy(written_.begin(), written_.end(), out);
  return written_.size();
}

std::size_t SeedMutator::mutate(std::uint8_t* data, std::size_t size, std::size_t most,
                                std::uint64_t number) {
  Draw draw(number);
  seed_.read({reinterpret_cast<const char*>(data), size});
  std::size_t steps = 1;
  while (steps < 4 && draw.one_in(2)) ++steps;
  for (std::size_t step = 0; step < steps; ++step) change_once(draw, most);
  return put(data, most);
}

bool SeedMutator::mutate_by(SeedChange change, std::string& seed, std::size_t most,
                            std::uint64_t number) {
  Draw draw(number);
  seed_.read(seed);
  ChangeScene scene{seed_, known_, mutate_bytes_, most, draw};
  if (!apply(change, scene)) return false;
  seed_.write(written_, most);
  seed = written_;
  return true;
}

std::size_t SeedMutator::cross(std::string_view one, std::string_view other, std::uint8_t* out,
                               std::size_t most, std::uint64_t number) {
  Draw draw(number);
  seed_.read(one);
  other_.read(other);
  if (!other_.parts.empty()) {
    std::vector<Part> run = choose(other_, draw);
    if (draw.one_in(2)) {
      const std::uint32_t apart = seed_.next_session();
      for (Part& part : run)
        if (part.session != kNoSession) part.session += apart;
    }
    if (!seed_.parts.empty() && draw.one_in(3)) seed_.parts.resize(draw.below(seed_.parts.size()));
    bring_in(seed_, run, draw.one_in(2), draw);
  }
  return put(out, most);
}

}  // namespace crashreel
