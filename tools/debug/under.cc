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

Result<void> check(DebugTool tool, const std::string& program) {
  const int counter = tool == DebugTool::kRr ? try_counter() : 0;
  if (counter != 0) return Error{Trouble::kEnvironment, counter_obstacle(counter)};
  if (!program.empty()) return {};
  const std::string name = name_of(tool);
  return Error{Trouble::kEnvironment,
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
  if (const auto good = check(tool, program); !good) return good.error();
  const auto directory = new_directory(tool);
  if (!directory) return directory.error();
  target.runner = runner_of(tool, program, target, *directory);
  target.sandbox.writable.push_back(*directory);
  auto outcome = run_try(target, reel, whole_sequence(reel), {.hang_ms = kHangMs});
  SeenUnder seen;
  if (tool == DebugTool::kRr) seen.trace = *directory + "/trace";
  if (tool == DebugTool::kValgrind) {
    seen.report = report_in(*directory);
    std::error_code error;
    fs::remove_all(*directory, error);
  }
  if (!outcome) return outcome.error();
  seen.outcome = std::move(*outcome);
  return seen;
}

}  // namespace crashreel
