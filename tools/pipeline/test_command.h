// What does a user's command say of a candidate?
//
// Runs `sh -c COMMAND` in a fresh directory that holds the candidate under its own name, with the
// candidate's path as last argument, or on standard input. Several at once; each in a process group
// of its own, of which nothing outlives the run. What the statuses mean is decided by the callers.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"

namespace crashreel {

struct TestCommand {
  std::string line;              // for sh; `@@` in it stands for the candidate's path
  std::string name = "input";    // of the candidate's file
  bool on_stdin = false;         // then there is no path, and no file
  std::uint32_t timeout_ms = 0;  // 0: none
  bool keep_output = false;      // stderr is wanted
};

struct TestRun {
  bool timed_out = false;
  bool cancelled = false;
  int status = 0;      // exit status; 0 when a signal ended it
  int signal = 0;      // also when sh only told of it (statuses from 129 to 192)
  std::string errors;  // the first and the last of stderr, 256 KiB each; with keep_output
};

class TestRunner {
 public:
  // Makes a directory below $TMPDIR that everything happens in, gone with the runner. `jobs`: how
  // many run at once.
  static Result<TestRunner> create(TestCommand command, std::uint32_t jobs);
  TestRunner(TestRunner&& other) noexcept;
  TestRunner& operator=(TestRunner&&) = delete;
  ~TestRunner();

  // `needless(i, runs)` is asked as runs end: the i-th, if it is still running or waiting, is then
  // cancelled. May be empty. Errors are trouble of this machine.
  using Needless = std::function<bool(std::size_t index)>;
  using Ended = std::function<void(std::size_t index, const TestRun& run)>;
  Result<std::vector<TestRun>> run(std::span<const std::string> candidates, const Ended& ended = {},
                                   const Needless& needless = {});

 private:
  friend class TestBatch;
  TestRunner(TestCommand command, std::uint32_t jobs, std::string directory)
      : command_(std::move(command)), jobs_(jobs), directory_(std::move(directory)) {}

  TestCommand command_;
  std::uint32_t jobs_;
  std::string directory_;
  std::uint64_t started_ = 0;
};

// The command line with its first word, if it is a relative path with a slash in it, made absolute:
// the command runs in another directory.
std::string with_absolute_program(const std::string& line);

}  // namespace crashreel
