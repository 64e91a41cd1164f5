#include "tests/minimizer/rivals.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "minimizer/asker.h"

namespace crashreel::fakes {

namespace {

Choice all_of(std::uint32_t items) {
  Choice all(items);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

class Picire {
 public:
  Picire(std::uint32_t items, Oracle& oracle, PicireOrder order, std::uint32_t votes)
      : asker_(oracle, {}), order_(order), votes_(votes), kept_(all_of(items)) {}

  RivalResult run() {
    chunks_ = {kept_};
    while (kept_.size() >= 2) {
      if (chunks_.size() < 2) split();
      if (reduce()) continue;
      if (chunks_.size() >= kept_.size()) break;
      const std::size_t before = chunks_.size();
      split();
      offset_ = offset_ * chunks_.size() / before;
    }
    return {.kept = kept_, .questions = asker_.tally().questions, .runs = asker_.tally().runs};
  }

 private:
  // Twice as many chunks, of the same size but for rounding.
  void split() {
    const std::size_t count = std::min(kept_.size(), 2 * chunks_.size());
    std::vector<Choice> chunks;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t end = begin + (kept_.size() - begin) / (count - i);
      chunks.emplace_back(kept_.begin() + static_cast<std::ptrdiff_t>(begin),
                          kept_.begin() + static_cast<std::ptrdiff_t>(end));
      begin = end;
    }
    chunks_ = std::move(chunks);
  }

  Choice complement(std::size_t left_out) const {
    Choice rest;
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      if (i != left_out) rest.insert(rest.end(), chunks_[i].begin(), chunks_[i].end());
    }
    return rest;
  }

  bool reduce() {
    const std::size_t count = chunks_.size();
    for (std::size_t i = 0; order_ == PicireOrder::kDefault && i < count; ++i) {
      if (!*asker_.reproduces(chunks_[i], votes_)) continue;
      kept_ = chunks_[i];
      chunks_ = {kept_};
      offset_ = 0;
      return true;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t turn = order_ == PicireOrder::kDefault ? i : count - 1 - i;
      const std::size_t left_out = (turn + offset_) % count;
      Choice rest = complement(left_out);
      if (!*asker_.reproduces(rest, votes_)) continue;
      kept_ = std::move(rest);
      chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(left_out));
      offset_ = left_out;
      return true;
    }
    return false;
  }

  Asker asker_;
  PicireOrder order_;
  std::uint32_t votes_;
  Choice kept_;
  std::vector<Choice> chunks_;
  std::size_t offset_ = 0;  // of the first complement to try
};

}  // namespace

RivalResult picire(std::uint32_t items, Oracle& oracle, PicireOrder order, std::uint32_t votes) {
  return Picire(items, oracle, order, votes).run();
}

// Each try is made from the one before it: a chunk that went is followed by its successor at the
// same offset, one that stayed by the next offset. A try whose chunk reached beyond the end of the
// one before (as that one was, even if it failed) begins the next cycle.
RivalResult halfempty_bisect(std::uint32_t items, Oracle& oracle) {
  Asker asker(oracle, {});
  Choice kept = all_of(items);
  std::size_t offset = 0;
  std::size_t chunk = kept.size();
  std::size_t last_size = kept.size();
  bool last_went = true;
  while (!kept.empty()) {
    if (offset + chunk > last_size) {
      offset = 0;
      chunk /= 2;
    } else if (!last_went) {
      offset += chunk;
    }
    if (chunk == 0 || offset > kept.size()) break;
    Choice smaller(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(offset));
    if (offset + chunk <= kept.size()) {
      smaller.insert(smaller.end(), kept.begin() + static_cast<std::ptrdiff_t>(offset + chunk),
                     kept.end());
    }
    last_size = smaller.size();
    last_went = *asker.reproduces(smaller, 1);
    if (last_went) kept = std::move(smaller);
  }
  return {.kept = kept, .questions = asker.tally().questions, .runs = asker.tally().runs};
}

namespace {

RivalResult counted(Choice kept, const Asker& asker) {
  return {
      .kept = std::move(kept), .questions = asker.tally().questions, .runs = asker.tally().runs};
}

Choice united(const Choice& a, const Choice& b) {
  Choice all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

// What of `items` is needed besides `rest`, which stays.
Choice needed_of(const Choice& items, const Choice& rest, Asker& asker) {
  if (items.size() <= 1) return items;
  const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
  const Choice first(items.begin(), middle), second(middle, items.end());
  if (*asker.reproduces(united(first, rest), 1)) return needed_of(first, rest, asker);
  if (*asker.reproduces(united(second, rest), 1)) return needed_of(second, rest, asker);
  return united(needed_of(first, united(second, rest), asker),
                needed_of(second, united(first, rest), asker));
}

}  // namespace

RivalResult delta_debug_1999(std::uint32_t items, Oracle& oracle) {
  Asker asker(oracle, {});
  Choice kept = needed_of(all_of(items), {}, asker);
  return counted(std::move(kept), asker);
}

namespace {

// Items of the same chance, in their order; all such groups are in the order of their chances.
struct Likely {
  double chance;
  Choice items;
};

constexpr double kFirstChance = 0.1;
constexpr double kNeededFrom = 0.8;

// How many of the likeliest to go: the most items times the chance that all of them can.
std::size_t best_group(const std::vector<Likely>& groups) {
  double clean = 1, best_gain = 0;
  std::size_t taken = 0, best = 0;
  for (const Likely& group : groups) {
    if (group.chance >= kNeededFrom) break;
    for (std::size_t i = 0; i < group.items.size(); ++i) {
      clean *= 1 - group.chance;
      const double gain = static_cast<double>(++taken) * clean;
      if (gain < best_gain) return best;
      best_gain = gain;
      best = taken;
    }
  }
  return best;
}

// Takes the first `count` items out of the groups, with what they were.
std::vector<Likely> take_front(std::vector<Likely>& groups, std::size_t count) {
  std::vector<Likely> taken;
  while (count > 0) {
    Likely& front = groups.front();
    const std::size_t part = std::min(count, front.items.size());
    const auto end = front.items.begin() + static_cast<std::ptrdiff_t>(part);
    taken.push_back({front.chance, Choice(front.items.begin(), end)});
    front.items.erase(front.items.begin(), end);
    if (front.items.empty()) groups.erase(groups.begin());
    count -= part;
  }
  return taken;
}

Choice items_of(const std::vector<Likely>& groups) {
  Choice items;
  for (const Likely& group : groups)
    items = united(items, {group.items.begin(), group.items.end()});
  return items;
}

}  // namespace

// The items lie in few groups of equal chances, so that a million of them need no sorting.
RivalResult probdd(std::uint32_t items, Oracle& oracle) {
  Asker asker(oracle, {});
  Choice kept = all_of(items);
  std::vector<Likely> groups = {{kFirstChance, kept}};
  for (std::size_t count; (count = best_group(groups)) > 0;) {
    std::vector<Likely> tried = take_front(groups, count);
    const Choice out = items_of(tried);
    Choice rest;
    std::set_difference(kept.begin(), kept.end(), out.begin(), out.end(), std::back_inserter(rest));
    if (*asker.reproduces(rest, 1)) {
      kept = std::move(rest);
      continue;
    }
    double clean = 1;
    for (const Likely& group : tried) {
      for (std::size_t i = 0; i < group.items.size(); ++i) clean *= 1 - group.chance;
    }
    for (Likely& group : tried) {
      group.chance = std::min(1.0, group.chance / (1 - clean));
      if (count == 1) group.chance = 1;
      const auto after = std::ranges::upper_bound(groups, group.chance, {}, &Likely::chance);
      groups.insert(after, std::move(group));
    }
  }
  return counted(std::move(kept), asker);
}

namespace {

class SyzkallerSlice {
 public:
  SyzkallerSlice(std::uint32_t items, Oracle& oracle)
      : asker_(oracle, {}), chunks_({all_of(items)}) {}

  RivalResult run() {
    constexpr std::size_t kFirstParts = 3;
    for (split(kFirstParts, false); !all_single();) split(2, true);
    return counted(together(chunks_, {}, 0), asker_);
  }

 private:
  bool all_single() const {
    return std::ranges::all_of(chunks_, [](const Choice& chunk) { return chunk.size() == 1; });
  }

  static std::vector<Choice> parts_of(const Choice& chunk, std::size_t parts) {
    const std::size_t size = std::max<std::size_t>(1, (chunk.size() + parts - 1) / parts);
    std::vector<Choice> cut;
    for (std::size_t at = 0; at < chunk.size(); at += size) {
      const auto begin = chunk.begin() + static_cast<std::ptrdiff_t>(at);
      cut.emplace_back(begin,
                       begin + static_cast<std::ptrdiff_t>(std::min(size, chunk.size() - at)));
    }
    return cut;
  }

  Choice together(const std::vector<Choice>& before, const Choice& middle, std::size_t from) const {
    Choice all;
    for (const Choice& chunk : before) all.insert(all.end(), chunk.begin(), chunk.end());
    all.insert(all.end(), middle.begin(), middle.end());
    for (std::size_t i = from; from > 0 && i < chunks_.size(); ++i) {
      all.insert(all.end(), chunks_[i].begin(), chunks_[i].end());
    }
    return all;
  }

  void split(std::size_t parts, bool some_needed) {
    std::vector<Choice> kept;
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      const std::vector<Choice> cut = parts_of(chunks_[i], parts);
      bool found = false;
      for (std::size_t j = 0; j < cut.size(); ++j) {
        if (j + 1 < cut.size() || found || !some_needed) {
          Choice rest_of_chunk;
          for (std::size_t k = j + 1; k < cut.size(); ++k) {
            rest_of_chunk.insert(rest_of_chunk.end(), cut[k].begin(), cut[k].end());
          }
          if (*asker_.reproduces(together(kept, rest_of_chunk, i + 1), 1)) continue;
        }
        found = true;
        kept.push_back(cut[j]);
      }
    }
    chunks_ = std::move(kept);
  }

  Asker asker_;
  std::vector<Choice> chunks_;
};

// The largest number that holds, if smaller ones do, too; 0 is known to.
template <typename Holds>
std::size_t find_integer(Holds&& holds) {
  constexpr std::size_t kOneByOne = 4;
  for (std::size_t number = 1; number <= kOneByOne; ++number) {
    if (!holds(number)) return number - 1;
  }
  std::size_t low = kOneByOne, high = kOneByOne + 1;
  while (holds(high)) {
    low = high;
    high *= 2;
  }
  while (low + 1 < high) {
    const std::size_t middle = (low + high) / 2;
    (holds(middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace

RivalResult syzkaller_slice(std::uint32_t items, Oracle& oracle) {
  return SyzkallerSlice(items, oracle).run();
}

RivalResult find_integer_backward(std::uint32_t items, Oracle& oracle) {
  Asker asker(oracle, {});
  Choice kept = all_of(items);
  for (std::size_t end = kept.size(); end > 0;) {
    const auto without = [&](std::size_t count) {
      Choice rest(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(end - count));
      rest.insert(rest.end(), kept.begin() + static_cast<std::ptrdiff_t>(end), kept.end());
      return rest;
    };
    const std::size_t goes = find_integer(
        [&](std::size_t count) { return count <= end && *asker.reproduces(without(count), 1); });
    kept = without(goes);
    end -= std::min(end, goes + 1);  // the one before is needed
  }
  return counted(std::move(kept), asker);
}

}  // namespace crashreel::fakes
