#include "tests/bench/large_reel_scene.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "capture/reel/reel_reader.h"
#include "tests/bench/bench.h"

namespace crashreel::bench {
namespace {

// Bytes that this process, and those that it has waited for, were given by read().
std::uint64_t bytes_read() {
  std::string name;
  std::uint64_t bytes = 0;
  std::ifstream("/proc/self/io") >> name >> bytes;
  CRASHREEL_CHECK(name == "rchar:");
  return bytes;
}

struct Cost {
  double seconds = 0;
  std::uint64_t bytes = 0;
};

template <typename Work>
Cost cost_of(Work&& work) {
  const std::uint64_t before = bytes_read();
  const double seconds = wall_seconds_of(work);
  return {seconds, bytes_read() - before};
}

// The command as a person runs it.
void show(const std::string& reel, const char* option) {
  std::string command = CRASHREEL_BUILD_DIR "/bin/crashreel", verb = "show", path = reel;
  std::string more = option == nullptr ? "--quiet" : option;
  char* words[] = {command.data(), verb.data(), path.data(), more.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = 0;
  CRASHREEL_CHECK(posix_spawn(&child, words[0], &files, nullptr, words, environ) == 0);
  posix_spawn_file_actions_destroy(&files);
  CRASHREEL_CHECK(::waitpid(child, &status, 0) == child && status == 0);
}

void compare(const std::string& scene, const std::vector<Cost>& ours, const Cost& whole,
             double most_of_whole) {
  std::vector<double> ms, kib;
  for (const Cost& cost : ours) {
    ms.push_back(1e3 * cost.seconds);
    kib.push_back(static_cast<double>(cost.bytes) / 1024);
  }
  print({.bench = "reel",
         .scene = scene,
         .value = spread_of(ms),
         .unit = "ms",
         .reference = 1e3 * whole.seconds,
         .against = "the whole",
         .ratio = median(ms) / (1e3 * whole.seconds),
         .bar = at_most(most_of_whole)});
  print({.bench = "reel",
         .scene = scene + ", bytes read",
         .value = spread_of(kib),
         .unit = "KiB",
         .reference = static_cast<double>(whole.bytes) / 1024,
         .against = "the whole",
         .ratio = median(kib) * 1024 / static_cast<double>(whole.bytes),
         .bar = at_most(most_of_whole)});
}

void measure_summary(const std::string& reel) {
  std::vector<Cost> summaries;
  for (int run = 0; run < 21; ++run) summaries.push_back(cost_of([&] { show(reel, nullptr); }));
  compare("`crashreel show` of 4,000,000 inputs", summaries,
          cost_of([&] { show(reel, "--check"); }), 0.05);
}

void seek_to(const std::string& reel, std::uint64_t seq) {
  auto reader = ReelReader::open(reel);
  CRASHREEL_CHECK(reader.has_value());
  reader->seek_seq(seq);
  const auto block = reader->next();
  CRASHREEL_CHECK(block && block->inputs.front().seq <= seq && seq <= block->inputs.back().seq);
}

void read_whole(const std::string& reel) {
  auto reader = ReelReader::open(reel);
  CRASHREEL_CHECK(reader.has_value());
  while (const auto block = reader->next()) keep(block);
}

void measure_seek(const std::string& reel, std::uint64_t inputs) {
  std::vector<Cost> seeks;
  for (std::uint64_t i = 0; i < 101; ++i) {
    seeks.push_back(cost_of([&] { seek_to(reel, i * (inputs / 101)); }));
  }
  compare("open and go to input k of 4,000,000", seeks, cost_of([&] { read_whole(reel); }), 0.01);
}

}  // namespace

void measure_large_reel(const std::string& reel, std::uint64_t inputs) {
  measure_summary(reel);
  measure_seek(reel, inputs);
}

}  // namespace crashreel::bench
