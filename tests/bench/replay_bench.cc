// How fast is a replay of the stock redis-server, and what does a fresh instance cost?
//
// inputs/s: 20,000 commands over 20 sessions into one fresh instance, without what the start of one
// costs (a try with a single input). tries/s: a fresh process each, 100 commands over 3 sessions,
// one after the other and as many at once as there are processors; also with a crash at the end.
// The references are what the design was promised by a prototype, on a quiet machine of 2
// processors. Two small servers are held against the least that any replay must cost (yardstick.h),
// and redis against the ways in which people send inputs today, all in the same run.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "capture/base/check.h"
#include "harness/fork_server.h"
#include "harness/sequence.h"
#include "harness/try.h"
#include "tests/bench/bench.h"
#include "tests/bench/copies_scene.h"
#include "tests/bench/processor_time.h"
#include "tests/bench/working_day.h"

using namespace crashreel;
using bench::append_crash;
using bench::redis;
using bench::working_day;

namespace {

constexpr std::size_t kRounds = 7;
constexpr std::size_t kManyInputs = 20'000;
constexpr double kTriesReference = 40;
constexpr int kTriesMeasured = 40;

Outcome one_try(const Target& target, const Reel& reel, Ending expected) {
  const auto outcome = run_try(target, reel, whole_sequence(reel));
  CRASHREEL_CHECK(outcome && outcome->ending == expected);
  CRASHREEL_CHECK(outcome->performed == outcome->steps);
  return *outcome;
}

struct Cost {
  double wall_seconds = 0;
  double processor_seconds = 0;
};

Cost cost_of(const Target& target, const Reel& reel, const bench::ProcessorTime& time) {
  const double before = time.seconds();
  const double wall_seconds = one_try(target, reel, Ending::kSurvived).seconds;
  return {wall_seconds, time.seconds() - before};
}

void print_inputs(const std::string& scene, const std::string& unit,
                  const std::vector<double>& rates, double demanded) {
  const auto spread = bench::spread_of(rates);
  bench::print({.bench = "replay",
                .scene = scene,
                .value = spread,
                .unit = unit,
                .reference = demanded,
                .against = "demanded",
                .ratio = spread.median / demanded,
                .bar = bench::at_least(1)});
}

void measure_inputs(const Target& target, const std::string& scene, double demanded) {
  const Reel many = working_day(kManyInputs, 20);
  const Reel one = working_day(1, 1);
  std::vector<double> by_wall;
  std::vector<double> by_processor;
  const bench::ProcessorTime time;
  for (std::size_t round = 0; round <= kRounds; ++round) {
    const Cost start = cost_of(target, one, time);
    const Cost all = cost_of(target, many, time);
    if (round == 0) continue;  // warms up
    by_wall.push_back(kManyInputs / (all.wall_seconds - start.wall_seconds));
    by_processor.push_back(kManyInputs / (all.processor_seconds - start.processor_seconds));
  }
  print_inputs(scene, "inputs/s", by_wall, demanded);
  print_inputs(scene, "inputs/s of processor time", by_processor, demanded);
}

double tries_per_second(const Target& target, const Reel& reel, unsigned jobs, Ending expected) {
  std::atomic<int> left{kTriesMeasured};
  const double seconds = bench::wall_seconds_of([&] {
    std::vector<std::jthread> testers;
    for (unsigned i = 0; i < jobs; ++i) {
      testers.emplace_back([&] {
        while (left-- > 0) one_try(target, reel, expected);
      });
    }
  });
  return kTriesMeasured / seconds;
}

// What they take of the processor, all processes together, is said beside it.
void measure_tries(const Target& target, const std::string& what, const Reel& reel, unsigned jobs,
                   Ending expected) {
  const std::string scene = what + ", " + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs");
  const bench::ProcessorTime time;
  const double before = time.seconds();
  std::vector<double> rates;
  for (std::size_t round = 0; round < kRounds; ++round) {
    rates.push_back(tries_per_second(target, reel, jobs, expected));
  }
  const double processor = time.seconds() - before;
  const auto spread = bench::spread_of(rates);
  bench::print({.bench = "replay",
                .scene = scene,
                .value = spread,
                .unit = "tries/s",
                .reference = kTriesReference,
                .against = "40/s demanded",
                .ratio = spread.median / kTriesReference,
                .bar = bench::at_least(1)});
  bench::print(
      {.bench = "replay",
       .scene = scene + ", processor time" + (time.is_whole() ? "" : " outside the sandbox"),
       .value = bench::once(1000 * processor / (kRounds * kTriesMeasured)),
       .unit = "ms a try"});
}

// What no way of starting this program anew can beat: it starts, prints its version, and ends.
double bare_starts_per_second() {
  const double seconds = bench::wall_seconds_of([] {
    for (int i = 0; i < kTriesMeasured; ++i) {
      CRASHREEL_CHECK(std::system("exec /usr/bin/redis-server --version >/dev/null") == 0);
    }
  });
  return kTriesMeasured / seconds;
}

// The same as measure_tries in one job, held against that in turns: how much of what is possible?
void measure_against_bare_starts(const Target& target, const Reel& reel) {
  const bench::Pair pair = bench::interleaved(
      kRounds, [&] { return tries_per_second(target, reel, 1, Ending::kSurvived); },
      bare_starts_per_second);
  bench::print({.bench = "replay",
                .scene = "fresh instances of 100 inputs, 1 job, against bare starts",
                .value = pair.ours,
                .unit = "tries/s",
                .reference = pair.theirs.median,
                .against = "the program started to print its version",
                .ratio = pair.ratio.median});
}

// The zoo's echo: a static build that is fed from outside, beside the player in a dynamic one.
void measure_from_outside(std::size_t inputs, const std::string& unit,
                          const std::function<double(const Target&, const Reel&)>& rate) {
  const Reel reel = working_day(inputs, 3);
  const std::string echo = CRASHREEL_BUILD_DIR "/zoo/echo";
  const auto inside = target_of(Reel{}, std::vector<std::string>{echo, "7001"});
  const auto outside = target_of(Reel{}, std::vector<std::string>{echo + "_static", "7001"});
  CRASHREEL_CHECK(inside && outside && outside->from_outside);
  const bench::Pair pair = bench::interleaved(
      kRounds, [&] { return rate(*outside, reel); }, [&] { return rate(*inside, reel); });
  bench::print({.bench = "replay",
                .scene = "a static echo fed from outside, " + std::to_string(inputs) + " inputs",
                .value = pair.ours,
                .unit = unit,
                .reference = pair.theirs.median,
                .against = "the player in a dynamic one",
                .ratio = pair.ratio.median});
}

void measure_from_outside() {
  measure_from_outside(100, "tries/s", [](const Target& target, const Reel& reel) {
    return tries_per_second(target, reel, 1, Ending::kSurvived);
  });
  measure_from_outside(3000, "inputs/s", [](const Target& target, const Reel& reel) {
    return 3000 / one_try(target, reel, Ending::kSurvived).seconds;
  });
}

// A minute of idle time in which a key expires.
Reel silent_reel() {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  Reel reel = working_day(3, 1);
  const std::string commands[] = {bench::resp({"SET", "k", "v", "EX", "10"}),
                                  bench::resp({"GET", "k"}), bench::resp({"GET", "k"})};
  const std::uint64_t times[] = {0, 9 * kSecond, 69 * kSecond};
  for (std::size_t i = 0; i < 3; ++i) {
    reel.inputs[i].data = commands[i];
    reel.inputs[i].time_ns = times[i];
  }
  return reel;
}

// One of a fork server's copies, which is how a reel is replayed over and over, and a start.
void measure_silence(const Target& target) {
  const Reel reel = silent_reel();
  const Layout layout = lay_out(reel, whole_sequence(reel), target.kind);
  auto server = ForkServer::start(target, layout, TryOptions{}.hang_ms);
  CRASHREEL_CHECK(server);
  const std::string answers = "+OK\r\n$1\r\nv\r\n$-1\r\n";
  const auto milliseconds_of = [&](const std::function<Result<Outcome>()>& replay) {
    return 1000 * bench::wall_seconds_of([&] {
             const auto outcome = replay();
             CRASHREEL_CHECK(outcome && outcome->ending == Ending::kSurvived);
             CRASHREEL_CHECK(outcome->answer_bytes == answers.size());
           });
  };
  std::vector<double> copied;
  std::vector<double> started;
  for (std::size_t round = 0; round < 3 * kRounds; ++round) {
    copied.push_back(milliseconds_of([&] { return run_try(*server, target, layout); }));
    started.push_back(milliseconds_of([&] { return run_try(target, reel, whole_sequence(reel)); }));
  }
  for (const auto& [how, times] :
       {std::pair("a copy", &copied), std::pair("started anew", &started)}) {
    const auto spread = bench::spread_of(*times);
    bench::print({.bench = "replay",
                  .scene = std::string("70 s of idle time with a key that expires, ") + how,
                  .value = spread,
                  .unit = "ms",
                  .reference = 50,
                  .against = "demanded",
                  .ratio = spread.median / 50,
                  .bar = bench::at_most(1)});
  }
}

void measure_starts(const Target& target, const Reel& day, const Reel* last_day) {
  measure_silence(target);
  measure_against_bare_starts(target, day);
  for (const unsigned jobs : {1U, std::thread::hardware_concurrency()}) {
    measure_tries(target, "fresh instances of 100 inputs", day, jobs, Ending::kSurvived);
    if (last_day == nullptr) continue;
    measure_tries(target, "the same with a crash at the end", *last_day, jobs, Ending::kCrashed);
  }
}

}  // namespace

// Of the parts that are named, or of all: inputs, copies, starts, outside.
int main(int argc, char** argv) {
  const auto is_wanted = [&](std::string_view part) {
    return argc == 1 || std::find(argv + 1, argv + argc, part) != argv + argc;
  };
  const Target target = redis();
  if (is_wanted("inputs")) {
    measure_inputs(target, "20,000 inputs into one instance", 60'000);
    // Over a unix socket: what serves a replay best.
    const std::string path = "/tmp/crashreel-bench-" + std::to_string(::getpid());
    measure_inputs(*target_of(Reel{}, std::vector<std::string>{target.executable, "--port", "0",
                                                               "--unixsocket", path, "--save", ""}),
                   "20,000 inputs over a unix socket", 100'000);
  }
  const Reel day = working_day(100, 3);
  Reel last_day = day;
  append_crash(last_day);
  const auto last = run_try(target, last_day, whole_sequence(last_day));
  const bool crashes = last && last->ending == Ending::kCrashed;
  if (is_wanted("copies")) bench::measure_copies(day, crashes ? &last_day : nullptr);
  if (is_wanted("outside")) measure_from_outside();
  if (is_wanted("starts")) measure_starts(target, day, crashes ? &last_day : nullptr);
  if (!crashes) std::fprintf(stderr, "replay: this redis-server survives the case: no crash\n");
}
