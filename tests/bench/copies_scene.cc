#include "tests/bench/copies_scene.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/base/check.h"
#include "harness/checkpoints.h"
#include "harness/sequence.h"
#include "harness/try.h"
#include "tests/bench/bench.h"
#include "tests/bench/processor_time.h"
#include "tests/bench/working_day.h"
#include "tests/bench/yardstick.h"

namespace crashreel::bench {
namespace {

constexpr std::size_t kRounds = 7;
constexpr int kForked = 100;

class ForkedTries {
 public:
  ForkedTries(const Target& target, const Reel& reel, Ending expected)
      : layout_(std::make_shared<const Layout>(lay_out(reel, whole_sequence(reel), target.kind))),
        expected_(expected),
        server_(ForkServer::start(target, *layout_, TryOptions{}.hang_ms)) {
    if (!server_) std::fprintf(stderr, "replay: %s\n", server_.error().message.c_str());
    CRASHREEL_CHECK(server_);
    checkpoints_.emplace(target, *server_);
    rate();  // what the first copies alone do, and warms up
  }

  // A second.
  double rate() {
    const double seconds = wall_seconds_of([&] {
      for (int i = 0; i < kForked; ++i) {
        const auto outcome = checkpoints_->run(layout_, {});
        CRASHREEL_CHECK(outcome && outcome->ending == expected_);
        CRASHREEL_CHECK(outcome->performed == outcome->steps);
      }
    });
    return kForked / seconds;
  }

 private:
  const std::shared_ptr<const Layout> layout_;
  const Ending expected_;
  Result<ForkServer> server_;
  std::optional<Checkpoints> checkpoints_;
};

// Instances that a fork server makes, one after the other; the reference is what is demanded. What
// they take of the processor, all processes together, is said beside it.
void measure_forked(const Target& target, const std::string& what, const Reel& reel,
                    Ending expected, double demanded) {
  const ProcessorTime time;
  const double before = time.seconds();
  std::vector<double> rates;
  {
    ForkedTries tries(target, reel, expected);
    for (std::size_t round = 0; round < kRounds; ++round) rates.push_back(tries.rate());
  }
  const double processor = time.seconds() - before;
  const auto spread = spread_of(rates);
  print({.bench = "replay",
         .scene = what + ", fork server, 1 job",
         .value = spread,
         .unit = "tries/s",
         .reference = demanded,
         .against = "demanded",
         .ratio = spread.median / demanded,
         .bar = at_least(1)});
  print({.bench = "replay",
         .scene = what + ", fork server, processor time" +
                  (time.is_whole() ? "" : " outside the sandbox"),
         .value = once(1000 * processor / ((kRounds + 1) * kForked)),
         .unit = "ms a try"});
}

// Against a bare loop that has the same bytes echoed over the same kind of socket.
void measure_against_yardstick(const Target& target, const std::string& what, const Reel& reel,
                               double least) {
  ForkedTries tries(target, reel, Ending::kSurvived);
  const Pair pair = interleaved(
      kRounds, [&] { return tries.rate(); }, [&] { return 1 / bare_loop_seconds(reel, kForked); });
  print({.bench = "replay",
         .scene = what + ", fork server, against a bare loop",
         .value = pair.ours,
         .unit = "tries/s",
         .reference = pair.theirs.median,
         .against = "fork, connect, send, echo, read in C",
         .ratio = pair.ratio.median,
         .bar = at_least(least)});
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
  const Pair pair = interleaved(
      kRounds, [&] { return 1000 / with.rate(); }, [&] { return 1000 / without.rate(); });
  print({.bench = "replay",
         .scene = "redis, 100 inputs of which one has no answer",
         .value = pair.ours,
         .unit = "ms a try",
         .reference = pair.theirs.median,
         .against = "all have one",
         .ratio = pair.ratio.median,
         .bar = at_most(1.1)});
}

// As people do it today, on the same reel: the program is started anew, and driven from outside.
void measure_against_driving(const Target& target, const Reel& reel) {
  ForkedTries tries(target, reel, Ending::kSurvived);
  const std::vector<std::string> argv = {target.executable, "--port", "{PORT}", "--save", "",
                                         "--appendonly",    "no"};
  const std::pair<Pace, const char*> ways[] = {
      {Pace::kByReplies, "started anew, each input waits for a reply"},
      {Pace::kBySleeps, "started anew, 5 ms after each input"}};
  for (const auto& [pace, how] : ways) {
    const Pair pair = interleaved(
        3, [&] { return tries.rate(); },
        [&, way = pace] { return 1 / driven_seconds(argv, reel, way); });
    print({.bench = "replay",
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

void measure_copies(const Reel& day, const Reel* last_day) {
  const Target target = redis();
  measure_forked(target, "redis, 100 inputs", day, Ending::kSurvived, 300);
  if (last_day != nullptr) {
    measure_forked(target, "redis, 100 inputs and a crash", *last_day, Ending::kCrashed, 100);
  }
  measure_forked(
      target_for({"/usr/bin/memcached", "-u", "root", "-t", "4", "-l", "127.0.0.1", "-p", "7001"}),
      "memcached -t 4, 100 inputs", memcached_reel(), Ending::kSurvived, 70);
  measure_echo();
  measure_unanswered(target, day);
  measure_against_driving(target, day);
}

}  // namespace crashreel::bench
