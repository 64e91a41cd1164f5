#include "tools/lanes_text.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <unordered_map>

#include "tools/quantity.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostRows = 20;
constexpr std::size_t kNarrowest = 20;

struct Row {
  std::uint32_t session = kNoSession;
  std::string name;
  std::uint64_t inputs = 0;
  std::vector<std::uint64_t> cells{};
};

std::string padding(std::size_t columns) {
  return std::string(columns, ' ');
}

// The busiest sessions in the order of their first inputs; the last row is for all others, if any.
std::vector<Row> rows_for(std::vector<Row> sessions) {
  if (sessions.size() <= kMostRows) return sessions;
  std::vector<std::size_t> order(sessions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t i) { return sessions[i].inputs; });
  std::vector<Row> rows;
  Row others;
  for (std::size_t i = kMostRows - 1; i < order.size(); ++i) {
    others.inputs += sessions[order[i]].inputs;
  }
  others.name = counted(order.size() - (kMostRows - 1), "other session");
  order.resize(kMostRows - 1);
  std::ranges::sort(order);
  for (const std::size_t i : order) rows.push_back(std::move(sessions[i]));
  rows.push_back(std::move(others));
  return rows;
}

// Of the fullest cell: nothing, up to an eighth, up to a half, more.
char sign_of(std::uint64_t inputs, std::uint64_t most) {
  if (inputs == 0) return ' ';
  if (inputs * 8 <= most) return '.';
  return inputs * 2 <= most ? ':' : '#';
}

class TextDrawing {
 public:
  TextDrawing(const std::vector<LanesText::Place>& places, std::size_t columns) : places_(places) {
    const auto [first, last] = std::ranges::minmax_element(places, {}, &LanesText::Place::time_ns);
    from_ = first->time_ns;
    to_ = last->time_ns;
    choose_rows();
    const std::size_t beside = names_ + numbers_ + 7;
    width_ = std::max(columns, beside + kNarrowest) - beside;
    fill();
  }

  std::string text() const {
    std::string text;
    for (const Row& row : rows_) {
      const std::string number = grouped(row.inputs);
      text += "  " + row.name + padding(names_ - row.name.size() + 2) +
              padding(numbers_ - number.size()) + number + " |";
      for (const std::uint64_t inputs : row.cells) text += sign_of(inputs, most_);
      text += "|\n";
    }
    return text + axis() + "  # up to " + counted(most_, "input") +
           ", : up to half of that, . up to an eighth\n";
  }

 private:
  void choose_rows() {
    std::vector<Row> sessions;
    for (const LanesText::Place& place : places_) {
      const auto [row, is_new] = row_of_.try_emplace(place.session, sessions.size());
      if (is_new) sessions.push_back(row_for(place.session));
      ++sessions[row->second].inputs;
    }
    const std::size_t all = sessions.size();
    rows_ = rows_for(std::move(sessions));
    row_of_.clear();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (all == rows_.size() || i + 1 < rows_.size()) row_of_[rows_[i].session] = i;
      names_ = std::max(names_, rows_[i].name.size());
      numbers_ = std::max(numbers_, grouped(rows_[i].inputs).size());
    }
  }

  static Row row_for(std::uint32_t session) {
    const bool is_session = session != kNoSession;
    return {.session = session,
            .name = is_session ? "session " + std::to_string(session) : "signals"};
  }

  void fill() {
    for (Row& row : rows_) row.cells.resize(width_);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto row = row_of_.find(places_[i].session);
      Row& own = rows_[row == row_of_.end() ? rows_.size() - 1 : row->second];
      most_ = std::max(most_, ++own.cells[cell_of(i)]);
    }
  }

  std::size_t cell_of(std::size_t place) const {
    const double part = from_ == to_
                            ? static_cast<double>(place) / static_cast<double>(places_.size())
                            : static_cast<double>(places_[place].time_ns - from_) /
                                  static_cast<double>(to_ - from_);
    return static_cast<std::size_t>(part * static_cast<double>(width_ - 1));
  }

  std::string axis() const {
    const std::string left = from_ == to_ ? "input 1" : seconds_text(from_);
    const std::string right = from_ == to_ ? "input " + grouped(places_.size()) : seconds_text(to_);
    const std::size_t room = std::max(width_ + 2, left.size() + right.size() + 1);
    return padding(names_ + numbers_ + 5) + left + padding(room - left.size() - right.size()) +
           right + "\n";
  }

  const std::vector<LanesText::Place>& places_;
  std::vector<Row> rows_;
  std::unordered_map<std::uint32_t, std::size_t> row_of_;
  std::uint64_t from_ = 0, to_ = 0;
  std::uint64_t most_ = 0;  // of all cells
  std::size_t names_ = 0, numbers_ = 0, width_ = 0;
};

}  // namespace

void LanesText::add(const Input& input) {
  if (counts_as_input(input.kind)) places_.push_back({input.time_ns, input.session});
}

std::string LanesText::text(std::size_t columns) const {
  return places_.empty() ? "  no inputs\n" : TextDrawing(places_, columns).text();
}

}  // namespace crashreel
