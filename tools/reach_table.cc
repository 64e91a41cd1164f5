#include "tools/reach_table.h"

#include <algorithm>
#include <vector>

#include "tools/quantity.h"
#include "tools/rate_text.h"

namespace crashreel {
namespace {

constexpr std::size_t kBar = 20;

// The last sign of a bar is for rates of one alone, the first for all above nothing.
std::string bar(const ReachPoint& point) {
  const std::size_t tries = std::max(point.tries(), 1U);
  std::size_t signs = point.reproduced * kBar / tries;
  if (point.reproduced > 0) signs = std::max<std::size_t>(signs, 1);
  return std::string(signs, '#') + std::string(kBar - signs, '.');
}

std::string to_the_right(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

std::string of_tries(const ReachPoint& point) {
  return grouped(point.reproduced) + " of " + grouped(point.tries());
}

std::string others(const ReachPoint& point) {
  std::string text;
  if (point.different > 0) text += ", another crash in " + grouped(point.different);
  if (point.unresolved > 0) text += ", no answer from " + grouped(point.unresolved);
  return text;
}

}  // namespace

std::string reach_table(std::span<const ReachPoint> points) {
  const std::string lengths = "inputs", counts = "crashed";
  std::size_t length_columns = lengths.size();
  std::size_t count_columns = counts.size();
  for (const ReachPoint& point : points) {
    length_columns = std::max(length_columns, grouped(point.length).size());
    count_columns = std::max(count_columns, of_tries(point).size());
  }
  std::string table = "  " + to_the_right(lengths, length_columns) + "  " +
                      to_the_right(counts, count_columns) + "\n";
  for (const ReachPoint& point : points) {
    const RateInterval rate =
        rate_interval(static_cast<int>(point.reproduced), static_cast<int>(point.tries()));
    table += "  " + to_the_right(grouped(point.length), length_columns) + "  " +
             to_the_right(of_tries(point), count_columns) + "  " + bar(point) + "  " +
             between_text(rate) + others(point) + "\n";
  }
  return table;
}

}  // namespace crashreel
