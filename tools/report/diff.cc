#include "tools/report/diff.h"

#include <algorithm>

namespace crashreel {
namespace {

// Cells of the table for the longest common subsequence; a byte each would be too few for lengths.
constexpr std::size_t kMostCells = 4 << 20;

class Runs {
 public:
  void keep(char c) { put(ByteFate::kEssential, c, 0); }
  void remove(char c) { put(ByteFate::kRemoved, c, 0); }
  void simplify(char before, char now) { put(ByteFate::kSimplified, now, before); }
  std::vector<DiffRun> take() { return std::move(runs_); }

 private:
  void put(ByteFate fate, char c, char before) {
    if (runs_.empty() || runs_.back().fate != fate) runs_.push_back({.fate = fate});
    runs_.back().bytes += c;
    if (fate == ByteFate::kSimplified) runs_.back().before += before;
  }

  std::vector<DiffRun> runs_;
};

// What stands between two bytes that both have: as much as both have of it is simplified.
void put_gap(std::string_view before, std::string_view now, Runs& runs) {
  const std::size_t both = std::min(before.size(), now.size());
  for (std::size_t i = 0; i < both; ++i) {
    before[i] == now[i] ? runs.keep(now[i]) : runs.simplify(before[i], now[i]);
  }
  for (const char c : before.substr(both)) runs.remove(c);
  for (const char c : now.substr(both)) runs.simplify('\0', c);
}

// Lengths of the longest common subsequences of all suffixes, row by row.
std::vector<std::uint16_t> common_lengths(std::string_view before, std::string_view now) {
  const std::size_t width = now.size() + 1;
  std::vector<std::uint16_t> lengths((before.size() + 1) * width);
  for (std::size_t i = before.size(); i-- > 0;) {
    for (std::size_t j = now.size(); j-- > 0;) {
      lengths[i * width + j] =
          before[i] == now[j] ? static_cast<std::uint16_t>(lengths[(i + 1) * width + j + 1] + 1)
                              : std::max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  return lengths;
}

void put_middle(std::string_view before, std::string_view now, Runs& runs) {
  const std::size_t width = now.size() + 1;
  if (now.empty() || before.size() > UINT16_MAX || now.size() > UINT16_MAX ||
      (before.size() + 1) > kMostCells / width) {
    return put_gap(before, now, runs);
  }
  const std::vector<std::uint16_t> lengths = common_lengths(before, now);
  std::size_t i = 0, j = 0, gap_i = 0, gap_j = 0;
  while (i < before.size() && j < now.size()) {
    if (before[i] == now[j] && lengths[i * width + j] == lengths[(i + 1) * width + j + 1] + 1) {
      put_gap(before.substr(gap_i, i - gap_i), now.substr(gap_j, j - gap_j), runs);
      runs.keep(now[j]);
      gap_i = ++i;
      gap_j = ++j;
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  put_gap(before.substr(gap_i), now.substr(gap_j), runs);
}

}  // namespace

std::vector<DiffRun> diff_of(std::string_view before, std::string_view now) {
  Runs runs;
  if (before.size() == now.size()) {
    put_gap(before, now, runs);
    return runs.take();
  }
  const std::size_t shorter = std::min(before.size(), now.size());
  std::size_t front = 0;
  while (front < shorter && before[front] == now[front]) ++front;
  std::size_t back = 0;
  while (back < shorter - front && before[before.size() - 1 - back] == now[now.size() - 1 - back]) {
    ++back;
  }
  for (const char c : now.substr(0, front)) runs.keep(c);
  put_middle(before.substr(front, before.size() - front - back),
             now.substr(front, now.size() - front - back), runs);
  for (const char c : now.substr(now.size() - back)) runs.keep(c);
  return runs.take();
}

}  // namespace crashreel
