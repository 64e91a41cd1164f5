// How fast is a replay of the stock redis-server, and what does a fresh instance cost?
//
// inputs/s: 20,000 commands over 20 sessions into one fresh instance, without what the start of one
// costs (a try with a single input). tries/s: a fresh process each, 100 commands over 3 sessions,
// one after the other and as many at once as there are processors; also with a crash at the end.
// The references are what the design was promised by a prototype, on a quiet machine of 2
// processors. Two small servers are held against the least that any replay must cost (yardstick.h),
// and redis against the ways in which people send inputs today, all in the same run.
#include <sys/resource.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "capture/base/check.h"
#include "harness/sequence.h"
#include "harness/try.h"
#include "tests/bench/bench.h"
#include "tests/bench/working_day.h"
#include "tests/bench/yardstick.h"

using namespace crashreel;
using bench::append_crash;
using bench::redis;
using bench::working_day;

namespace {

constexpr std::size_t kRounds = 7;
constexpr std::size_t kManyInputs = 20'000;
constexpr double kInputsReference = 60'000;
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
                .against = "60,000/s demanded",
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

constexpr int kForked = 100;

class ForkedTries {
 public:
  ForkedTries(const Target& target, const Reel& reel, Ending expected)
      : target_(target),
        layout_(lay_out(reel, whole_sequence(reel), target.kind)),
        expected_(expected),
        server_(ForkServer::start(target, layout_, TryOptions{}.hang_ms)) {
    if (!server_) std::fprintf(stderr, "replay: %s\n", server_.error().message.c_str());
    CRASHREEL_CHECK(server_);
    rate();  // what the first copies alone do, and warms up
  }

  // A second.
  double rate() {
    const double seconds = bench::wall_seconds_of([&] {
      for (int i = 0; i < kForked; ++i) {
        const auto outcome = run_try(*server_, target_, layout_);
        CRASHREEL_CHECK(outcome && outcome->ending == expected_);
        CRASHREEL_CHECK(outcome->performed == outcome->steps);
      }
    });
    return kForked / seconds;
  }

 private:
  const Target& target_;
  const Layout layout_;
  const Ending expected_;
  Result<ForkServer> server_;
};

// All processes of ours that have ended, and our own.
double processor_seconds() {
  return children_seconds() + bench::cpu_seconds();
}

// Instances that a fork server makes, one after the other; the reference is what is demanded. What
// they take of the processor is said beside it, the server's start included.
void measure_forked(const Target& target, const std::string& what, const Reel& reel,
                    Ending expected, double demanded) {
  const double before = processor_seconds();
  std::vector<double> rates;
  {
    ForkedTries tries(target, reel, expected);
    for (std::size_t round = 0; round < kRounds; ++round) rates.push_back(tries.rate());
  }
  const double processor = processor_seconds() - before;
  const auto spread = bench::spread_of(rates);
  bench::print({.bench = "replay",
                .scene = what + ", fork server, 1 job",
                .value = spread,
                .unit = "tries/s",
                .reference = demanded,
                .against = "demanded",
                .ratio = spread.median / demanded,
                .bar = bench::at_least(1)});
  bench::print({.bench = "replay",
                .scene = what + ", fork server, processor time",
                .value = bench::once(1000 * processor / ((kRounds + 1) * kForked)),
                .unit = "ms a try"});
}

// Against a bare loop that has the same bytes echoed over the same kind of socket.
void measure_against_yardstick(const Target& target, const std::string& what, const Reel& reel,
                               double least) {
  ForkedTries tries(target, reel, Ending::kSurvived);
  const bench::Pair pair = bench::interleaved(
      kRounds, [&] { return tries.rate(); },
      [&] { return 1 / bench::bare_loop_seconds(reel, kForked); });
  bench::print({.bench = "replay",
                .scene = what + ", fork server, against a bare loop",
                .value = pair.ours,
                .unit = "tries/s",
                .reference = pair.theirs.median,
                .against = "fork, connect, send, echo, read in C",
                .ratio = pair.ratio.median,
                .bar = bench::at_least(least)});
}

// Half a command has no answer until its other half comes.
void measure_unanswered(const Target& target, const Reel& reel) {
  Reel one = reel;
  Input& whole = one.inputs[one.inputs.size() / 2];
  Input half = whole;
  half.data = whole.data.substr(0, whole.data.size() / 2);
  whole.data.erase(0, half.data.size());
  one.inputs.insert(one.inputs.begin() + static_cast<std::ptrdiff_t>(one.inputs.size() / 2), half);
  for (std::size_t i = 0; i < one.inputs.size(); ++i) one.inputs[i].seq = i;
  ForkedTries with(target, one, Ending::kSurvived);
  ForkedTries without(target, reel, Ending::kSurvived);
  const bench::Pair pair = bench::interleaved(
      kRounds, [&] { return 1000 / with.rate(); }, [&] { return 1000 / without.rate(); });
  bench::print({.bench = "replay",
                .scene = "redis, 100 inputs of which one has no answer",
                .value = pair.ours,
                .unit = "ms a try",
                .reference = pair.theirs.median,
                .against = "all have one",
                .ratio = pair.ratio.median,
                .bar = bench::at_most(1.1)});
}

// As people do it today, on the same reel: the program is started anew, and driven from outside.
void measure_against_driving(const Target& target, const Reel& reel) {
  ForkedTries tries(target, reel, Ending::kSurvived);
  const std::vector<std::string> argv = {target.executable, "--port", "{PORT}", "--save", "",
                                         "--appendonly",    "no"};
  const std::pair<bench::Pace, const char*> ways[] = {
      {bench::Pace::kByReplies, "started anew, each input waits for a reply"},
      {bench::Pace::kBySleeps, "started anew, 5 ms after each input"}};
  for (const auto& [pace, how] : ways) {
    const bench::Pair pair = bench::interleaved(
        3, [&] { return tries.rate(); },
        [&, way = pace] { return 1 / bench::driven_seconds(argv, reel, way); });
    bench::print({.bench = "replay",
                  .scene = "redis, 100 inputs, fork server, against ways of today",
                  .value = pair.ours,
                  .unit = "tries/s",
                  .reference = pair.theirs.median,
                  .against = how,
                  .ratio = pair.ratio.median});
  }
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

Reel lines_reel() {
  Reel reel;
  for (std::size_t i = 0; i < 100; ++i) {
    reel.inputs.push_back({.seq = i,
                           .time_ns = i * 20'000,
                           .session = static_cast<std::uint32_t>(i % 3),
                           .data = "line " + std::to_string(i) + "\n"});
  }
  return reel;
}

Reel web_reel() {
  Reel reel = lines_reel();
  for (Input& input : reel.inputs) input.data = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
  reel.files.push_back(
      {.path = "web.conf",
       .bytes = "daemon off; master_process off; pid web.pid; error_log stderr; events {} "
                "http { access_log off; client_body_temp_path body; proxy_temp_path proxy; "
                "fastcgi_temp_path fast; uwsgi_temp_path uwsgi; scgi_temp_path scgi; server { "
                "listen 127.0.0.1:7001; location / { return 200 \"yes\\n\"; } } }"});
  return reel;
}

Target target_for(const std::vector<std::string>& argv, const Reel& reel = {}) {
  const auto target = target_of(reel, argv);
  CRASHREEL_CHECK(target);
  return *target;
}

void measure_echo() {
  const Reel echoed = lines_reel();
  measure_against_yardstick(target_for({CRASHREEL_BUILD_DIR "/zoo/echo", "7001"}),
                            "echo, 100 inputs", echoed, 0.7);
  const Reel web = web_reel();
  measure_against_yardstick(target_for({"/usr/sbin/nginx", "-p", "{DIR}", "-c", "web.conf"}, web),
                            "nginx, 100 inputs", web, 0.5);
#ifdef CRASHREEL_ECHO_ASAN
  measure_forked(target_for({CRASHREEL_ECHO_ASAN, "7001"}), "echo with ASan by clang, 100 inputs",
                 echoed, Ending::kSurvived, 200);
#endif
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
  measure_echo();
  measure_unanswered(target, day);
  measure_against_driving(target, day);
  measure_against_bare_starts(target, day);
  for (const unsigned jobs : {1U, std::thread::hardware_concurrency()}) {
    measure_tries(target, "fresh instances of 100 inputs", day, jobs, Ending::kSurvived);
    if (crashes) {
      measure_tries(target, "the same with a crash at the end", last_day, jobs, Ending::kCrashed);
    }
  }
  if (!crashes) std::fprintf(stderr, "replay: this redis-server survives the case: no crash\n");
}
