// What is the least of any file for which a user's command still says yes?
//
// The search of `minimize` without reels and replays: pieces of a file for items, a command for an
// oracle. Pieces first, then, where asked for, the bytes of what is left, and their values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "minimizer/progress.h"
#include "tools/pipeline/split.h"
#include "tools/pipeline/test_command.h"
#include "tools/pipeline/test_oracle.h"

namespace crashreel {

struct FileShrinkOptions {
  TestCommand command;
  SplitRule split;
  bool by_signature = false;
  bool bytes = false;   // then shrink the bytes of the pieces that are left
  bool values = false;  // then make the bytes that are left as plain as the test allows
  std::uint32_t jobs = 1;
  bool flaky = false;  // the test holds only sometimes: votes by need
  std::uint64_t max_questions = UINT64_MAX;
  std::function<bool()> stop;
  std::string journal;  // a file; empty: none
  std::function<void(const char* stage, const Progress& progress)> progress;
};

struct FileShrinkReport {
  bool reproduced = false;  // else `text` is the whole, and `first` tells what became of it
  std::string text;
  TestRun first;
  std::uint64_t pieces_before = 0;
  std::uint64_t pieces_after = 0;
  std::uint64_t bytes_before = 0;
  bool one_minimal = false;  // in pieces
  bool too_rare = false;     // for a proof, or for any search: `text` is the best so far
  double rate = 1;           // at which the test held, of what it can hold for; 1 unless flaky
  bool stopped = false;
  std::uint64_t questions = 0;
  std::uint64_t byte_questions = 0;
  std::uint64_t value_questions = 0;
  std::uint64_t guesses = 0;
  std::uint64_t runs = 0;  // of the command, all stages; those of the journal are not among them
  std::uint64_t recalled = 0;  // answers that came from the journal
  std::uint64_t bound = 0;
  std::uint64_t unresolved_seen = 0;
  std::uint64_t bytes_sent = 0;
  std::vector<TestJudge::Different> different;
  std::string signature;
  std::vector<HistoryPoint> history;  // of pieces; of the last level where there are several
  std::string journal_trouble;
  double seconds = 0;
};

Result<FileShrinkReport> shrink_file(const std::string& text, const FileShrinkOptions& options);

}  // namespace crashreel
