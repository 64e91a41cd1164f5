#include "tests/minimizer/rivals.h"

#include <algorithm>
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

}  // namespace crashreel::fakes
