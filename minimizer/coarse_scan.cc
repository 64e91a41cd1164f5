#include "minimizer/coarse_scan.h"

#include <algorithm>
#include <utility>

#include "capture/base/check.h"

namespace crashreel {
namespace {

// Fewer would all be needed for most crashes, at the price of the whole each.
constexpr std::uint32_t kFirstBlocks = 8;
// From so many blocks on, three of four that are needed are too many.
constexpr std::size_t kJudgedFrom = 64;
constexpr double kTooManyNeeded = 0.75;
// Where almost all blocks were needed, halves mostly are, too: smaller parts at once.
constexpr double kAlmostAll = 0.85;
constexpr std::uint32_t kPartsWhenDense = 4;

}  // namespace

// The algorithm
// -------------
// Level by level: every needed block is cut in two. The half at the end is
// asked for. If it can go, the other one is needed, without a question. If not,
// the other one probably can go, as needed units are rare: all those of a level
// are asked for together, and halved until it is clear which of them can't. A
// level of which almost all blocks are needed is followed by one of quarters.
CoarseScan::CoarseScan(std::uint32_t units) {
  const std::uint32_t blocks = std::min(units, kFirstBlocks);
  for (std::uint32_t i = 0; i < blocks; ++i) {
    const auto at = [&](std::uint32_t part) {
      return static_cast<std::uint32_t>(static_cast<std::uint64_t>(units) * part / blocks);
    };
    todo_.push_back({.blocks = {{at(i), at(i + 1)}}});
  }
  blocks_ = blocks;
}

std::vector<std::uint32_t> CoarseScan::question() const {
  CRASHREEL_CHECK(!todo_.empty());
  const std::vector<std::uint32_t> all = kept();
  std::vector<std::uint32_t> rest;
  rest.reserve(all.size());
  const std::vector<Block>& out = todo_.back().blocks;
  for (const std::uint32_t unit : all) {
    const bool dropped = std::any_of(out.begin(), out.end(), [&](const Block& block) {
      return block.begin <= unit && unit < block.end;
    });
    if (!dropped) rest.push_back(unit);
  }
  return rest;
}

// Which half of a needed block holds the needed unit is anybody's guess; what is asked for together
// has been found likely to go.
double CoarseScan::chance() const {
  constexpr double kTogether = 0.7;
  return todo_.back().blocks.size() > 1 ? kTogether : 0.5;
}

void CoarseScan::answer(bool still_there) {
  Task task = std::move(todo_.back());
  todo_.pop_back();
  if (task.has_sibling) {
    if (still_there) {
      needed(task.sibling);
    } else {
      needed(task.blocks[0]);
      maybe_.push_back(task.sibling);
    }
  } else if (!still_there && task.blocks.size() == 1) {
    needed(task.blocks[0]);
  } else if (!still_there) {
    const auto middle = task.blocks.begin() + static_cast<std::ptrdiff_t>(task.blocks.size() / 2);
    todo_.push_back({.blocks = {task.blocks.begin(), middle}});
    todo_.push_back({.blocks = {middle, task.blocks.end()}});
  }
  next_tasks();
}

void CoarseScan::needed(const Block& block) {
  (block.size() == 1 ? single_ : level_).push_back(block);
}

void CoarseScan::next_tasks() {
  if (!todo_.empty()) return;
  if (!maybe_.empty()) {
    std::sort(maybe_.begin(), maybe_.end(),
              [](const Block& a, const Block& b) { return a.begin < b.begin; });
    todo_.push_back({.blocks = std::exchange(maybe_, {})});
    return;
  }
  next_level();
}

void CoarseScan::next_level() {
  too_dense_ |= blocks_ >= kJudgedFrom &&
                static_cast<double>(level_.size()) > kTooManyNeeded * static_cast<double>(blocks_);
  std::sort(level_.begin(), level_.end(),
            [](const Block& a, const Block& b) { return a.begin < b.begin; });
  const bool almost_all = kAlmostAll * static_cast<double>(blocks_) <=
                          static_cast<double>(level_.size() + single_.size());
  for (const Block& block : std::exchange(level_, {})) {
    if (almost_all && block.size() >= kPartsWhenDense) {
      cut_in_parts(block);
      continue;
    }
    const std::uint32_t middle = block.begin + block.size() / 2;
    todo_.push_back(
        {.blocks = {{middle, block.end}}, .has_sibling = true, .sibling = {block.begin, middle}});
  }
  blocks_ = almost_all ? todo_.size() : 2 * todo_.size();
}

void CoarseScan::cut_in_parts(const Block& block) {
  const std::uint32_t part = block.size() / kPartsWhenDense;
  for (std::uint32_t i = 0; i < kPartsWhenDense; ++i) {
    const std::uint32_t end = i + 1 == kPartsWhenDense ? block.end : block.begin + (i + 1) * part;
    todo_.push_back({.blocks = {{block.begin + i * part, end}}});
  }
}

std::vector<std::uint32_t> CoarseScan::kept() const {
  std::vector<std::uint32_t> units;
  const auto add = [&](const Block& block) {
    for (std::uint32_t unit = block.begin; unit < block.end; ++unit) units.push_back(unit);
  };
  for (const Task& task : todo_) {
    for (const Block& block : task.blocks) add(block);
    if (task.has_sibling) add(task.sibling);
  }
  for (const auto* blocks : {&maybe_, &level_, &single_}) {
    for (const Block& block : *blocks) add(block);
  }
  std::sort(units.begin(), units.end());
  return units;
}

}  // namespace crashreel
