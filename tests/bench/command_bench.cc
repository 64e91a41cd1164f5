// What does a start of the command cost? Everything that its verbs need only sometimes (LLVM above
// all) has to stay out of it.
#include <spawn.h>
#include <sys/wait.h>

#include <string>
#include <vector>

#include "tests/bench/bench.h"

extern char** environ;

namespace {

namespace bench = crashreel::bench;

constexpr std::size_t kPairs = 101;
constexpr double kHelpWithinMs = 20;

// From the fork to the collected status, output to nowhere.
double milliseconds_of(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
  const double seconds = bench::wall_seconds_of([&] {
    pid_t pid = 0;
    CRASHREEL_CHECK(posix_spawn(&pid, argv[0], &quiet, nullptr, argv.data(), environ) == 0);
    int status = 0;
    CRASHREEL_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  });
  posix_spawn_file_actions_destroy(&quiet);
  return seconds * 1e3;
}

}  // namespace

int main() {
  const std::string crashreel = CRASHREEL_BUILD_DIR "/bin/crashreel";
  const bench::Pair pair = bench::interleaved(
      kPairs, [&] { return milliseconds_of({crashreel, "--help"}); },
      [] { return milliseconds_of({"/bin/true"}); });
  bench::print({.bench = "command",
                .scene = "crashreel --help, against the demand",
                .value = pair.ours,
                .unit = "ms",
                .reference = kHelpWithinMs,
                .against = "20 ms demanded",
                .ratio = pair.ours.median / kHelpWithinMs,
                .bar = bench::at_most(1)});
  bench::print({.bench = "command",
                .scene = "crashreel --help, against a program that does nothing",
                .value = pair.ours,
                .unit = "ms",
                .reference = pair.theirs.median,
                .against = "/bin/true",
                .ratio = pair.ratio.median});
  return 0;
}
