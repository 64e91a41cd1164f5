// What ends a minimization before its time, and how is it watched?
//
// The options that both kinds of it have: budget, journal, progress for machines.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "minimizer/progress.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/progress.h"
#include "tools/time_budget.h"
#include "tools/time_left.h"
#include "tools/verb.h"

namespace crashreel {

const std::vector<Option>& budget_options();

class Budget {
 public:
  explicit Budget(const Arguments& arguments);

  std::uint64_t max_questions() const { return max_questions_; }
  // The user asked, or the time is up.
  std::function<bool()> stop() const { return time_.stop(); }
  // Where answers are kept: --journal, or beside the output.
  const std::string& journal() const { return journal_; }
  // An orderly end after a signal still tells of the signal.
  static int status_of(int done) { return TimeBudget::status_of(done); }
  // Nothing is left to resume.
  void forget_journal(bool stopped) const;

 private:
  TimeBudget time_;
  std::uint64_t max_questions_ = UINT64_MAX;
  std::string journal_;
};

// A line on stderr for people; with --json-lines an object on stdout for each answer.
class Watch {
 public:
  Watch(const Arguments& arguments, Console& console);

  void show(const std::string& stage, const char* item, const Progress& progress);
  void clear() { line_.clear(); }
  // The result, in the way that was asked for. `text` is for people.
  void finish(const nlohmann::ordered_json& answer, const std::string& text);

 private:
  Console& console_;
  bool json_lines_;
  ProgressLine line_;
  TimeLeft time_left_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace crashreel
