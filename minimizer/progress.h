// How far has the minimization come?
//
// What a waiting person wants to know, and the record of how the choice shrank. It only listens.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "minimizer/oracle.h"

namespace crashreel {

struct Progress {
  std::uint64_t items_left = 0;
  std::uint64_t bytes_left = 0;
  std::uint64_t questions = 0;           // asked so far
  std::uint64_t expected_questions = 0;  // in all, by the density of what was found needed so far
  double rate = 1;                       // at which the crash comes, by what was seen so far
};

// After question number `question` this many items were left, and bytes in them (0 where nobody
// listens to the progress).
struct HistoryPoint {
  std::uint64_t question = 0;
  std::uint64_t items_left = 0;
  std::uint64_t bytes_left = 0;

  bool operator==(const HistoryPoint&) const = default;
};

class ProgressLog {
 public:
  using Callback = std::function<void(const Progress&)>;

  // `rate`, where the crash does not come in every run: what is known of it when it is asked.
  ProgressLog(std::span<const Item> items, Callback callback, std::function<double()> rate = {})
      : items_(items), callback_(std::move(callback)), rate_(std::move(rate)) {}

  void reduced_to(const Choice& best, std::uint64_t questions) {
    history_.push_back({.question = questions, .items_left = best.size()});
    now_.items_left = best.size();
    if (!callback_) return;  // the sum is the only thing here that costs
    now_.bytes_left = 0;
    for (const std::uint32_t position : best) now_.bytes_left += items_[position].bytes;
    history_.back().bytes_left = now_.bytes_left;
  }

  void asked(std::uint64_t questions, double more_to_come) {
    now_.questions = questions;
    now_.expected_questions = questions + static_cast<std::uint64_t>(more_to_come + 0.5);
    if (!callback_) return;
    if (rate_) now_.rate = rate_();
    callback_(now_);
  }

  std::vector<HistoryPoint> take_history() { return std::move(history_); }

 private:
  std::span<const Item> items_;
  Callback callback_;
  std::function<double()> rate_;
  Progress now_;
  std::vector<HistoryPoint> history_;
};

}  // namespace crashreel
