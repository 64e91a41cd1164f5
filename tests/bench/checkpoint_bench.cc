// What do checkpoints save? On a reel of 200,000 commands over 50 sessions for the stock
// redis-server: the last quarter of it from a checkpoint at its end, and from the start; and a
// whole minimization of its crash, whose four commands lie anywhere in the reel, held against one
// whole replay of the same reel, with checkpoints and without. And how long whoever debugs waits to
// be somewhere else in it.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "capture/reel/reel_writer.h"
#include "harness/checkpoints.h"
#include "harness/try.h"
#include "tests/bench/bench.h"
#include "tests/bench/working_day.h"
#include "tools/pipeline/shrink.h"

using namespace crashreel;

namespace {

constexpr std::size_t kInputs = 200'000;
constexpr std::uint32_t kSessions = 50;
constexpr std::size_t kCheckpointAt = 150'000;
constexpr std::size_t kRounds = 7;
constexpr std::uint64_t kSeed = 11;  // of the hiding places

// The try that starts at input 150,000 ends there too, but for a hundred inputs: what is measured
// is how soon one is there.
void measure_resuming(const Target& target) {
  const Reel reel = bench::working_day(kCheckpointAt + 100, kSessions);
  const Layout layout = lay_out(reel, whole_sequence(reel), target.kind);
  auto server = ForkServer::start(target, layout, TryOptions{}.hang_ms);
  CRASHREEL_CHECK(server);
  Held held = {.before = {layout.steps.size() - 100}};
  CRASHREEL_CHECK(run_try(*server, target, layout, {}, &held));
  CRASHREEL_CHECK(held.servers.size() == 1);
  ForkServer& checkpoint = held.servers.begin()->second;
  const auto once = [&](ForkServer& from) {
    return bench::wall_seconds_of([&] {
      const auto outcome = run_try(from, target, layout);
      CRASHREEL_CHECK(outcome && outcome->ending == Ending::kSurvived);
    });
  };
  const bench::Pair pair =
      bench::interleaved(kRounds, [&] { return once(*server); }, [&] { return once(checkpoint); });
  bench::print({.bench = "checkpoint",
                .scene = "to input 150,000 of redis, from the start",
                .value = pair.ours,
                .unit = "s",
                .reference = pair.theirs.median,
                .against = "from a checkpoint there",
                .ratio = pair.ratio.median,
                .bar = bench::at_least(100)});
}

// What gdb's Python says of each, attaching included; "SECONDS 0.25" a line.
std::vector<double> seconds_of_going(const std::string& reel) {
  const std::string python =
      "import time\n"
      "def go(k):\n"
      "  start = time.monotonic()\n"
      "  gdb.execute('reel goto %d' % k, to_string=True)\n"
      "  print('SECONDS', time.monotonic() - start)\n"
      "for k in (150000, 149999, 30000, 199999, 123456, 1000, 180001, 66666, 100000): go(k)\n";
  const std::string script = reel + ".py";
  std::FILE* const file = std::fopen(script.c_str(), "w");
  CRASHREEL_CHECK(file != nullptr && std::fputs(python.c_str(), file) >= 0);
  CRASHREEL_CHECK(std::fclose(file) == 0);
  const std::string command = CRASHREEL_BUILD_DIR "/bin/crashreel debug " + reel +
                              " -q --batch --ex 'source " + script + "' 2>/dev/null";
  std::FILE* const output = ::popen(command.c_str(), "r");
  CRASHREEL_CHECK(output != nullptr);
  std::vector<double> seconds;
  char line[512];
  double value = 0;
  while (std::fgets(line, sizeof line, output) != nullptr) {
    if (std::sscanf(line, "SECONDS %lf", &value) == 1) seconds.push_back(value);
  }
  CRASHREEL_CHECK(::pclose(output) == 0);
  ::unlink(script.c_str());
  return seconds;
}

void measure_going(const Target& target) {
  Reel reel = bench::working_day(kInputs, kSessions);
  reel.program.kind = TargetKind::kServer;
  reel.program.executable = target.executable;
  reel.program.argv = target.argv;
  char path[] = "/tmp/crashreel-bench-XXXXXX";
  const int fd = ::mkstemp(path);
  CRASHREEL_CHECK(fd >= 0 && write_reel(reel, path));
  const std::vector<double> seconds = seconds_of_going(path);
  ::close(fd);
  ::unlink(path);
  if (seconds.empty()) {
    std::fprintf(stderr, "checkpoint: no gdb with Python: going somewhere is not measured\n");
    return;
  }
  const bench::Spread spread = bench::spread_of(seconds);
  bench::print({.bench = "checkpoint",
                .scene = "'reel goto' to any of 200,000 inputs of redis, in gdb",
                .value = spread,
                .unit = "s",
                .reference = 1,
                .against = "1 s demanded",
                .ratio = spread.median,
                .bar = bench::at_most(1)});
}

double seconds_of_replay(const Target& target, const Reel& reel) {
  std::vector<double> seconds;
  for (int round = 0; round < 3; ++round) {
    const auto outcome = run_try(target, reel, whole_sequence(reel));
    CRASHREEL_CHECK(outcome && outcome->ending == Ending::kCrashed);
    seconds.push_back(outcome->seconds);
  }
  return bench::median(seconds);
}

void measure_minimizing(const Target& target, const Reel& reel, bool alone) {
  const double replay = seconds_of_replay(target, reel);
  ShrinkOptions options;
  options.jobs = 2;
  options.alone = alone;
  options.argv = target.argv;
  const auto report = shrink(reel, options);
  CRASHREEL_CHECK(report && report->one_minimal && report->inputs_after == 4);
  const std::string how = alone ? ", without checkpoints" : "";
  bench::print({.bench = "checkpoint",
                .scene = "4 of 200,000 inputs of redis, confirmations included" + how,
                .value = bench::once(report->seconds),
                .unit = "s",
                .reference = replay,
                .against = "one whole replay",
                .ratio = report->seconds / replay,
                .bar = alone ? bench::Bar{} : bench::at_most(8)});
  bench::print({.bench = "checkpoint",
                .scene = "the same, inputs replayed in all" + how,
                .value = bench::once(static_cast<double>(report->replayed_inputs)),
                .unit = "inputs",
                .reference = static_cast<double>(kInputs),
                .against = "the reel's inputs",
                .ratio = static_cast<double>(report->replayed_inputs) / kInputs});
}

}  // namespace

int main() {
  const Target target = bench::redis();
  measure_resuming(target);
  measure_going(target);
  Reel reel = bench::working_day(kInputs, kSessions);
  bench::spread_crash(reel, kSeed);
  reel.program.kind = TargetKind::kServer;
  const auto whole = run_try(target, reel, whole_sequence(reel));
  if (!whole || whole->ending != Ending::kCrashed) {
    std::fprintf(stderr, "checkpoint: this redis-server survives the case: nothing to minimize\n");
    return 0;
  }
  measure_minimizing(target, reel, false);
  measure_minimizing(target, reel, true);
}
