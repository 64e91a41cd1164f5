// What do checkpoints save? On a reel of 200,000 commands over 50 sessions for the stock
// redis-server: the last quarter of it from a checkpoint at its end, and from the start; and a
// whole minimization of its crash, whose four commands lie anywhere in the reel, held against one
// whole replay of the same reel, with checkpoints and without.
#include <cstdio>
#include <vector>

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
