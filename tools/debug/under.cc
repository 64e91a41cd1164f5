#include "tools/debug/under.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/player/player.h"
#include "harness/try.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

// Valgrind is some thirty times slower, and reads a program's debug information first.
constexpr std::uint32_t kHangMs = 300'000;
constexpr int kLastLines = 8;
constexpr char kEnv[] = "/usr/bin/env";  // takes what it has to load from its own words

// A directory that is not removed but by whoever gets its name.
Result<std::string> new_directory(DebugTool tool) {
  std::error_code error;
  std::string pattern =
      fs::temp_directory_path(error) / (std::string("crashreel-") + name_of(tool) + "-XXXXXX");
  if (error || ::mkdtemp(pattern.data()) == nullptr) {
    return Error{Trouble::kEnvironment, pattern + ": " + std::strerror(errno) +
                                            "; set TMPDIR to a directory that can be written"};
  }
  return pattern;
}

// Zero, or why the processor's counters can't be had.
int try_counter() {
  perf_event_attr attributes = {};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_BRANCH_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  const long counter = ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
  if (counter < 0) return errno;
  ::close(static_cast<int>(counter));
  return 0;
}

// Where it would be of no use, nobody is told to install it.
Error missing(DebugTool tool) {
  const int counter = tool == DebugTool::kRr ? try_counter() : 0;
  if (counter != 0) return {Trouble::kEnvironment, counter_obstacle(counter)};
  const std::string name = name_of(tool);
  return {Trouble::kEnvironment,
          name + ": there is no such program; install it ('apt-get install " + name + "')"};
}

std::vector<std::string> runner_of(DebugTool tool, const std::string& program, const Target& target,
                                   const std::string& directory) {
  const std::string preload = "LD_PRELOAD=" + preloads_of(target);
  if (tool == DebugTool::kRr) return {program, "record", "-o", directory + "/trace", "-v", preload};
  // Its own launcher, a dynamic program, is started once more on the way from env to the program.
  std::error_code error;
  const fs::path real = fs::canonical(target.executable, error);
  const std::string only =
      std::string(kProgramEnv) + "=" + (error ? target.executable : real.string());
  // env is a program like others to it, whose report the program's own takes the place of.
  return {program, "--trace-children=yes", "--log-file=" + directory + "/%p", kEnv, preload, only};
}

// The player was never there, though the program's loader would have taken it.
bool never_began(const Outcome& outcome) {
  return outcome.ending == Ending::kNotAttached || outcome.ending == Ending::kNotStarted;
}

std::string last_lines(const std::string& text) {
  std::size_t end = text.find_last_not_of("\n ");
  if (end == std::string::npos) return "it said nothing";
  std::size_t begin = ++end;
  for (int line = 0; line < kLastLines && begin != 0; ++line) {
    const std::size_t newline = text.rfind('\n', begin - 1);
    begin = newline == std::string::npos ? 0 : newline;
  }
  return "its last words:\n" + text.substr(begin == 0 ? 0 : begin + 1, end - begin);
}

// For people; `said` is the tool's own last words.
Error gave_up(DebugTool tool, const std::string& said) {
  std::string next =
      "try 'crashreel replay' on the same reel, which says more of why a program does not start";
  if (tool == DebugTool::kRr) {
    const int counter = try_counter();
    next = counter != 0 ? counter_obstacle(counter)
                        : "rr's own page on machines is "
                          "https://github.com/rr-debugger/rr/wiki/Will-rr-work-on-my-system";
  } else if (said.find("debuginfo") != std::string::npos) {
    // https://bugs.kde.org/show_bug.cgi?id=452758
    next =
        "it can't read the debug information of that file, as valgrind up to 3.19 can't read what "
        "clang writes since 14; build it with -gdwarf-4, or strip it, or take a newer valgrind";
  }
  return {Trouble::kEnvironment, std::string(name_of(tool)) +
                                     " gave up before the program began; " + last_lines(said) +
                                     "\n" + next};
}

// What is about the program itself: it may have started others.
std::string report_in(const std::string& directory) {
  std::string all;
  std::error_code error;
  for (fs::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error)) {
    std::ifstream stream(file->path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(stream), {});
  }
  return all;
}

}  // namespace

const char* name_of(DebugTool tool) {
  return tool == DebugTool::kRr ? "rr" : "valgrind";
}

std::string counter_obstacle(int error) {
  const std::string what = "rr counts the processor's branches, and ";
  if (error == EACCES || error == EPERM) {
    return what + "the system forbids it (perf_event_open: " + std::strerror(error) +
           "); as root run 'sysctl kernel.perf_event_paranoid=1'";
  }
  return what + "this machine has no performance counters for that (perf_event_open: " +
         std::strerror(error) +
         "), as most virtual machines; try one that has, or 'crashreel debug' without --rr";
}

Result<SeenUnder> run_under(DebugTool tool, Target target, const Reel& reel) {
  const std::string program = find_program(name_of(tool));
  if (program.empty()) return missing(tool);
  const auto directory = new_directory(tool);
  if (!directory) return directory.error();
  target.runner = runner_of(tool, program, target, *directory);
  target.sandbox.writable.push_back(*directory);
  auto outcome = run_try(target, reel, whole_sequence(reel), {.hang_ms = kHangMs});
  const bool began = outcome && !never_began(*outcome);
  SeenUnder seen;
  if (tool == DebugTool::kRr) seen.trace = *directory + "/trace";
  if (tool == DebugTool::kValgrind) seen.report = report_in(*directory);
  std::error_code error;
  if (tool == DebugTool::kValgrind || !began) fs::remove_all(*directory, error);
  if (!outcome) return outcome.error();
  if (!began) return gave_up(tool, seen.report.empty() ? outcome->output_tail : seen.report);
  seen.outcome = std::move(*outcome);
  return seen;
}

}  // namespace crashreel
