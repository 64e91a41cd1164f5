// What does it cost a stock server to be recorded? Instances of it run side by side, one with the
// recorder preloaded, times of delivery and digests of its answers on, as they are by default; the
// same burst of requests goes to one after the other, in alternating order, and the processor time
// that each spent on its burst is read from the kernel. The figure that has to stay below the bar
// is the upper end of the 95 % interval of the ratio's median (bootstrapped from the pairs); the
// scene names both ends. All are started anew some times, for how the memory of a process happens
// to lie is in each of its bursts. A second one that is not recorded says how far two instances are
// apart by themselves. A busy machine widens the interval: measure on a quiet one.
// Beside it stands the time that passes inside the recorder, summed in place by a probe on both
// sides of it (overhead_probe.cc), as a share of the unrecorded server's processor time.
//
// Servers that are not installed are passed over, and said so on stderr.
#include <unistd.h>

#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/bench.h"
#include "tests/bench/overhead_server.h"

using namespace crashreel::bench;

namespace {

constexpr std::size_t kStarts = 6;
constexpr std::size_t kPairs = 48;  // of each start
constexpr std::size_t kInsidePairs = 12;
constexpr double kBurstSeconds = 0.05;  // of the unrecorded server's processor
// A burst under the probe is as long as so many others: there are fewer, so each must tell more.
constexpr std::size_t kInsideBursts = 5;

std::string resp(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

std::vector<Scene> scenes() {
  const std::vector<std::string> redis = {"/usr/bin/redis-server", "--port", "PORT",  "--save", "",
                                          "--appendonly",          "no",     "--dir", "FOLDER"};
  const std::vector<std::string> memcached = {
      "/usr/bin/memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", "PORT", "-t", "4"};
  const std::vector<std::string> nginx = {"/usr/sbin/nginx", "-p", "FOLDER", "-c",
                                          "FOLDER/nginx.conf"};
  const auto set = [](std::size_t size) { return resp({"SET", "key", std::string(size, 'x')}); };
  const std::string store = "set key 0 0 16\r\n" + std::string(16, 'x') + "\r\n";
  const std::string get = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return {{"redis-server, SET of 16 B", redis, set(16), 1, 1.02, false, 0.005},
          {"redis-server, SET of 1 KiB, 16 in flight", redis, set(1024), 16, 1.05},
          {"redis-server, SET of 64 KiB", redis, set(65536), 1, 1.15},
          {"redis-server, SET of 16 B, --clock=every", redis, set(16), 1, 0, true},
          {"memcached -t 4, set of 16 B", memcached, store, 1, 0},
          {"nginx, GET of 4 KiB", nginx, get, 1, 0}};
}

struct Interval {
  double low = 0;
  double high = 0;
};

// Where the median would lie in 95 of 100 such measurements.
Interval of_median(const std::vector<double>& values) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::size_t> any(0, values.size() - 1);
  std::vector<double> medians;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> sample;
    for (std::size_t j = 0; j < values.size(); ++j) sample.push_back(values[any(random)]);
    medians.push_back(median(std::move(sample)));
  }
  std::sort(medians.begin(), medians.end());
  return {medians[50], medians[1949]};
}

double cycles_per_ns() {
  const double begin = wall_seconds();
  const std::uint64_t cycles = cycles_now();
  double passed = 0;
  while ((passed = wall_seconds() - begin) < 0.05) {
  }
  return static_cast<double>(cycles_now() - cycles) / (passed * 1e9);
}

using ByKind = std::array<double, kProbedKinds>;

// What passes between the two halves of the probe in a burst, in cycles.
ByKind inside(const Server& server, Load& load, std::size_t rounds) {
  const ProbeSums before = server.probe_sums();
  load.burst(rounds);
  const ProbeSums after = server.probe_sums();
  ByKind cycles;
  for (int i = 0; i < kProbedKinds; ++i) {
    cycles[i] = static_cast<double>(after.cycles[i] - before.cycles[i]);
  }
  return cycles;
}

// The time inside our calls, summed in place, without what the probe itself takes. Of what a burst
// gives the median counts: whatever interrupts a call is in it.
void measure_inside(const Scene& scene, std::size_t rounds, double plain_us) {
  const Server recorded(scene, true, true);
  const Server floor(scene, false, true);
  Load to_recorded(recorded, scene);
  Load to_floor(floor, scene);
  CRASHREEL_CHECK(recorded.is_recorded() && floor.probe_sums().calls[kReceiving] != 0);
  const auto requests = static_cast<double>(rounds * kConnections * scene.pipelined);
  const double unit = cycles_per_ns() * requests;
  std::array<std::vector<double>, kProbedKinds> kinds;
  std::vector<double> sums;
  for (std::size_t pair = 0; pair < kInsidePairs; ++pair) {
    const ByKind with = inside(recorded, to_recorded, rounds);
    const ByKind without = inside(floor, to_floor, rounds);
    double sum = 0;
    for (int i = 0; i < kProbedKinds; ++i) {
      kinds[i].push_back((with[i] - without[i]) / unit);
      sum += kinds[i].back();
    }
    sums.push_back(sum);
  }
  char parts[96];
  std::snprintf(parts, sizeof parts,
                ": inside our calls (receiving %.0f, sending %.0f, clocks %.0f)",
                median(kinds[kReceiving]), median(kinds[kSending]), median(kinds[kClocks]));
  print({.bench = "overhead",
         .scene = scene.name + parts,
         .value = spread_of(sums),
         .unit = "ns/request",
         .reference = plain_us * 1e3,
         .against = "unrecorded, server CPU",
         .ratio = median(sums) / (plain_us * 1e3),
         .bar = scene.inside_bar == 0 ? Bar{} : at_most(scene.inside_bar)});
}

// Microseconds of a server's processor for a request, burst by burst.
struct Bursts {
  std::vector<double> plain, twin, recorded;
};

// Returns how many rounds a burst has.
std::size_t measure_a_start(const Scene& scene, Bursts& bursts) {
  const Server plain(scene, false), twin(scene, false), recorded(scene, true);
  Load to_plain(plain, scene), to_twin(twin, scene), to_recorded(recorded, scene);
  CRASHREEL_CHECK(recorded.is_recorded());
  const double trial = to_plain.burst(200) / 200;
  const auto rounds = static_cast<std::size_t>(std::max(20.0, kBurstSeconds / trial));
  const double per_burst = 1e6 / static_cast<double>(rounds * kConnections * scene.pipelined);
  for (Load* load : {&to_twin, &to_recorded}) load->burst(rounds);

  const std::array<std::pair<Load*, std::vector<double>*>, 3> rivals = {
      {{&to_plain, &bursts.plain}, {&to_twin, &bursts.twin}, {&to_recorded, &bursts.recorded}}};
  for (std::size_t pair = 0; pair < kPairs; ++pair) {
    for (std::size_t i = 0; i < rivals.size(); ++i) {
      const std::size_t turn = (pair % 2 == 0 ? i : rivals.size() - 1 - i) + pair / 2;
      const auto& [load, figures] = rivals[turn % rivals.size()];
      figures->push_back(load->burst(rounds) * per_burst);
    }
  }
  return rounds;
}

void say(const std::string& what, const std::vector<double>& ours, const std::vector<double>& plain,
         double bar) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / plain[i]);
  const Interval interval = of_median(ratios);
  char ends[96];
  std::snprintf(ends, sizeof ends, ": median %.4f, 95 %% in [%.4f, %.4f]", median(ratios),
                interval.low, interval.high);
  print({.bench = "overhead",
         .scene = what + ends,
         .value = spread_of(ours),
         .unit = "us of server CPU/request",
         .reference = median(plain),
         .against = "unrecorded, upper end of the ratio's interval",
         .ratio = interval.high,
         .bar = bar == 0 ? Bar{} : at_most(bar)});
}

void measure(const Scene& scene) {
  if (::access(scene.argv[0].c_str(), X_OK) != 0) {
    std::fprintf(stderr, "overhead: %s is not installed\n", scene.argv[0].c_str());
    return;
  }
  Bursts bursts;
  std::size_t rounds = 0;
  for (std::size_t start = 0; start < kStarts; ++start) rounds = measure_a_start(scene, bursts);
  say(scene.name, bursts.recorded, bursts.plain, scene.bar);
  say(scene.name + ", a second one unrecorded", bursts.twin, bursts.plain, 0);
  measure_inside(scene, kInsideBursts * rounds, median(bursts.plain));
}

}  // namespace

// With an argument: the scenes whose names hold it.
int main(int argc, char** argv) {
  for (const Scene& scene : scenes()) {
    if (argc < 2 || scene.name.find(argv[1]) != std::string::npos) measure(scene);
  }
}
