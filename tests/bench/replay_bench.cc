// How fast is a replay of the stock redis-server, and what does a fresh instance cost?
//
// inputs/s: 20,000 commands over 20 sessions into one fresh instance, without what the start of one
// costs (a try with a single input). tries/s: a fresh process each, 100 commands over 3 sessions,
// one after the other and as many at once as there are processors; also with a crash at the end.
// The references are what the design was promised by a prototype, on a quiet machine of 2
// processors.
#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "capture/base/check.h"
#include "harness/sequence.h"
#include "harness/try.h"
#include "tests/bench/bench.h"
#include "tests/bench/working_day.h"

using namespace crashreel;
using bench::append_crash;
using bench::redis;
using bench::working_day;

namespace {

constexpr std::size_t kRounds = 7;
constexpr std::size_t kManyInputs = 20'000;
constexpr double kInputsReference = 40'000;
constexpr double kTriesReference = 40;
constexpr int kTriesMeasured = 40;

Outcome one_try(const Target& target, const Reel& reel, Ending expected) {
  const auto outcome = run_try(target, reel, whole_sequence(reel));
  CRASHREEL_CHECK(outcome && outcome->ending == expected);
  CRASHREEL_CHECK(outcome->performed == outcome->steps);
  return *outcome;
}

// Of all instances so far.
double children_seconds() {
  rusage used = {};
  CRASHREEL_CHECK(::getrusage(RUSAGE_CHILDREN, &used) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Cost {
  double wall_seconds = 0;
  double processor_seconds = 0;
};

Cost cost_of(const Target& target, const Reel& reel) {
  const double before = children_seconds();
  const double wall_seconds = one_try(target, reel, Ending::kSurvived).seconds;
  return {wall_seconds, children_seconds() - before};
}

void print_inputs(const std::string& unit, const std::vector<double>& rates) {
  const auto spread = bench::spread_of(rates);
  bench::print({.bench = "replay",
                .scene = "20,000 inputs into one instance",
                .value = spread,
                .unit = unit,
                .reference = kInputsReference,
                .against = "40,000/s demanded",
                .ratio = spread.median / kInputsReference,
                .bar = bench::at_least(1)});
}

void measure_inputs(const Target& target) {
  const Reel many = working_day(kManyInputs, 20);
  const Reel one = working_day(1, 1);
  std::vector<double> by_wall;
  std::vector<double> by_processor;
  for (std::size_t round = 0; round <= kRounds; ++round) {
    const Cost start = cost_of(target, one);
    const Cost all = cost_of(target, many);
    if (round == 0) continue;  // warms up
    by_wall.push_back(kManyInputs / (all.wall_seconds - start.wall_seconds));
    by_processor.push_back(kManyInputs / (all.processor_seconds - start.processor_seconds));
  }
  print_inputs("inputs/s", by_wall);
  print_inputs("inputs/s of processor time", by_processor);
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

void measure_tries(const Target& target, const std::string& what, const Reel& reel, unsigned jobs,
                   Ending expected) {
  std::vector<double> rates;
  for (std::size_t round = 0; round < kRounds; ++round) {
    rates.push_back(tries_per_second(target, reel, jobs, expected));
  }
  const auto spread = bench::spread_of(rates);
  bench::print({.bench = "replay",
                .scene = what + ", " + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs"),
                .value = spread,
                .unit = "tries/s",
                .reference = kTriesReference,
                .against = "40/s demanded",
                .ratio = spread.median / kTriesReference,
                .bar = bench::at_least(1)});
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

// Instances that a fork server makes, one after the other; the reference is what is demanded.
void measure_forked(const Target& target, const std::string& what, const Reel& reel,
                    Ending expected, double demanded) {
  const Layout layout = lay_out(reel, whole_sequence(reel), target.kind);
  auto server = ForkServer::start(target, layout, TryOptions{}.hang_ms);
  if (!server) {
    std::fprintf(stderr, "replay: %s: no fork server: %s\n", what.c_str(),
                 server.error().message.c_str());
    return;
  }
  constexpr int kForked = 100;
  std::vector<double> rates;
  for (std::size_t round = 0; round < kRounds; ++round) {
    const double seconds = bench::wall_seconds_of([&] {
      for (int i = 0; i < kForked; ++i) {
        const auto outcome = run_try(*server, target, layout);
        CRASHREEL_CHECK(outcome && outcome->ending == expected);
        CRASHREEL_CHECK(outcome->performed == outcome->steps);
      }
    });
    rates.push_back(kForked / seconds);
  }
  const auto spread = bench::spread_of(rates);
  bench::print({.bench = "replay",
                .scene = what + ", fork server, 1 job",
                .value = spread,
                .unit = "tries/s",
                .reference = demanded,
                .against = "demanded",
                .ratio = spread.median / demanded,
                .bar = bench::at_least(1)});
}

Reel memcached_reel() {
  Reel reel;
  for (std::size_t i = 0; i < 100; ++i) {
    Input input;
    input.seq = i;
    input.time_ns = i * 20'000;
    input.session = static_cast<std::uint32_t>(i % 3);
    const std::string key = "key" + std::to_string(i % 10);
    input.data = i % 2 == 0 ? "set " + key + " 0 0 5\r\nhello\r\n" : "get " + key + "\r\n";
    reel.inputs.push_back(input);
  }
  return reel;
}

Target target_for(const std::vector<std::string>& argv) {
  const auto target = target_of(Reel{}, argv);
  CRASHREEL_CHECK(target);
  return *target;
}

}  // namespace

int main() {
  const Target target = redis();
  measure_inputs(target);
  const Reel day = working_day(100, 3);
  measure_forked(target, "redis, 100 inputs", day, Ending::kSurvived, 300);
  Reel last_day = day;
  append_crash(last_day);
  const auto last = run_try(target, last_day, whole_sequence(last_day));
  const bool crashes = last && last->ending == Ending::kCrashed;
  if (crashes) {
    measure_forked(target, "redis, 100 inputs and a crash", last_day, Ending::kCrashed, 100);
  }
  measure_forked(
      target_for({"/usr/bin/memcached", "-u", "root", "-t", "4", "-l", "127.0.0.1", "-p", "7001"}),
      "memcached -t 4, 100 inputs", memcached_reel(), Ending::kSurvived, 70);
  measure_against_bare_starts(target, day);
  for (const unsigned jobs : {1U, std::thread::hardware_concurrency()}) {
    measure_tries(target, "fresh instances of 100 inputs", day, jobs, Ending::kSurvived);
    if (crashes) {
      measure_tries(target, "the same with a crash at the end", last_day, jobs, Ending::kCrashed);
    }
  }
  if (!crashes) std::fprintf(stderr, "replay: this redis-server survives the case: no crash\n");
}
