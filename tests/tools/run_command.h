// What does a user see who runs a command? Its output, what it says on stderr, and how it ended.
//
// For tests that take a built program from the outside. Nothing of it outlives the call: the
// command is waited for, and its whole process group is ended with it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace crashreel::testing {

// A directory of a test's own, gone with everything in it when the test ends.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ / name; }
  // Writes a file of that content and returns its path.
  std::string write(const std::string& name, const std::string& content) const;
  std::string read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

struct CommandRun {
  int exit = -1;    // its status; 128 + number when a signal ended it, as shells say
  std::string out;  // stdout
  std::string err;  // stderr
};

struct CommandInput {
  std::filesystem::path directory{};    // where it runs; empty: where the test runs
  std::string standard_input{};         // bytes
  std::vector<std::string> settings{};  // "NAME=value", added to the test's environment
  std::string standard_output{};        // a file to open for stdout instead of catching it
};

// argv[0] is found through PATH. A command that can't be started fails the test.
CommandRun run_command(const std::vector<std::string>& argv, const CommandInput& input = {});

// As a person types it, in `sh`, with the built `crashreel` first in PATH.
CommandRun run_line(const std::string& line, const CommandInput& input = {});

// The built command itself.
std::string crashreel_binary();

}  // namespace crashreel::testing
