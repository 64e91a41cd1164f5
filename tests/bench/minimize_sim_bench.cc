// How many questions does a minimization ask, against the bound and against rivals?
//
// Synthetic crashes whose minimum is known (tests/minimizer/scenes.h), so a question costs nothing
// and only their number counts. Every result is checked: a case "holds" if all its results are
// 1-minimal, by the independent checker, and as small as the known minimum, and the ratio to the
// reference keeps the bar, in the median, or for every seed where the case says so.
//
// The constants of the minimizer were chosen with another generator and other seeds (gap_scan.cc).
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "minimizer/bound.h"
#include "minimizer/bytes.h"
#include "minimizer/checker.h"
#include "minimizer/minimize.h"
#include "tests/bench/bench.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/rivals.h"
#include "tests/minimizer/scenes.h"

namespace crashreel::fakes {
namespace {

constexpr std::uint64_t kFirstSeed = 90'000'001;

using MakeScene = std::function<Scene(std::uint64_t seed)>;

struct Case {
  std::string name;
  std::string unit = "questions";
  std::vector<double> values;
  std::vector<double> references;  // one for each value
  double bar = 0;                  // of value / reference; 0: none, reported only
  bool every_seed = false;         // the bar is for each seed, not for the median
  bool sound = true;               // no result was wrong
};

// A wrong result misses the bar, whatever it cost.
void print(const Case& measured) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < measured.values.size(); ++i) {
    ratios.push_back(measured.values[i] / measured.references[i]);
  }
  const bench::Spread ratio = bench::spread_of(ratios);
  const double judged = measured.every_seed ? ratio.highest : ratio.median;
  const double wrong = std::numeric_limits<double>::max();
  bench::print({.bench = "minimize_sim",
                .scene = measured.name,
                .value = bench::spread_of(measured.values),
                .unit = measured.unit,
                .reference = bench::median(measured.references),
                .against = measured.every_seed ? "bound, worst seed" : "reference",
                .ratio = measured.sound ? judged : wrong,
                .bar = measured.bar > 0 ? bench::at_most(measured.bar) : bench::Bar{}});
}

std::string named(const char* structure, std::uint32_t n, std::uint32_t k) {
  return std::string(structure) + " N=" + std::to_string(n) + " k=" + std::to_string(k);
}

bool is_sound(const Scene& scene, const MinimizeResult& result) {
  return result.one_minimal && result.kept.size() == scene.size &&
         check_one_minimal(scene.items, result.kept, *scene.oracle).one_minimal;
}

Case against_bound(std::string name, std::size_t seeds, double bar, const MakeScene& make) {
  Case measured = {.name = std::move(name), .bar = bar};
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + seeds; ++seed) {
    Scene scene = make(seed);
    const MinimizeResult result = minimize(scene.items, *scene.oracle, {});
    measured.sound = measured.sound && is_sound(scene, result);
    measured.values.push_back(static_cast<double>(result.questions));
    measured.references.push_back(static_cast<double>(scene.bound));
  }
  return measured;
}

// First of all, as the peak of memory is that of the whole process.
void largest() {
  Scene scene = uniform_scene(1'000'000, 20, kFirstSeed);
  MinimizeResult result;
  const double seconds =
      bench::cpu_seconds_of([&] { result = minimize(scene.items, *scene.oracle, {}); });
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const bool sound = is_sound(scene, result);
  print({.name = "own CPU time, uniform N=1000000 k=20",
         .unit = "s",
         .values = {seconds},
         .references = {2},
         .bar = 1,
         .sound = sound});
  print({.name = "peak of memory, uniform N=1000000 k=20",
         .unit = "MB",
         .values = {static_cast<double>(usage.ru_maxrss) / 1024},
         .references = {200},
         .bar = 1,
         .sound = sound});
}

// The figure that counts most: four inputs among 20,000 on 22 connections, the last one and three
// anywhere, which is what a long redis session with a bug looks like.
void redis_like() {
  Case few_sessions = against_bound("redis-like N=20000 k=4, every seed", 1'000, 1.25,
                                    [](auto seed) { return uniform_scene(20'000, 4, seed); });
  few_sessions.every_seed = true;
  print(few_sessions);
  Case many_sessions =
      against_bound("redis-like N=20000 k=4, 1000 sessions, every seed", 1'000, 1.25,
                    [](auto seed) { return uniform_scene(20'000, 4, seed, {.count = 1'000}); });
  many_sessions.every_seed = true;
  print(many_sessions);
}

void uniform() {
  for (const std::uint32_t n : {1'000U, 10'000U, 100'000U, 1'000'000U}) {
    const std::size_t seeds = n >= 1'000'000 ? 3 : n >= 100'000 ? 10 : 40;
    for (const std::uint32_t k : {1U, 2U, 5U, 20U, 100U}) {
      print(against_bound(named("uniform", n, k), seeds, 1.10,
                          [=](auto seed) { return uniform_scene(n, k, seed); }));
    }
  }
}

void structures() {
  for (const std::uint32_t n : {1'000U, 10'000U, 100'000U}) {
    const std::size_t seeds = n >= 100'000 ? 5 : 20;
    for (const std::uint32_t k : {5U, 20U, 100U}) {
      const auto report = [&](const char* name, const MakeScene& make) {
        print(against_bound(named(name, n, k), seeds, 1.10, make));
      };
      report("tail", [=](auto seed) { return tail_scene(n, k, seed); });
      report("pairs", [=](auto seed) { return pairs_scene(n, k, seed); });
      report("chains of 4", [=](auto seed) { return chains_scene(n, k, seed); });
      report("scattered sessions", [=](auto seed) { return sessions_scene(n, k, 1, seed); });
      report("sessions with 5 each", [=](auto seed) { return sessions_scene(n, k, 5, seed); });
    }
  }
  for (const std::uint32_t count : {20U, 60U, 300U}) {
    const MakeScene make = [=](auto seed) { return counter_scene(10'000, count, seed); };
    print(against_bound(named("counter", 10'000, count), 20, 1.3, make));
    // The same against a bound for somebody who was told how many are counted.
    print(against_bound(named("counter", 10'000, count) + ", count known to the bound", 20, 0,
                        [=](auto seed) {
                          Scene scene = make(seed);
                          scene.bound = question_bound(10'000, 1) + count;
                          return scene;
                        }));
  }
}

void against_rival(const std::string& name, std::uint32_t n, std::size_t seeds, double bar,
                   const MakeScene& make, const std::function<RivalResult(Oracle&)>& rival) {
  Case measured = {.name = name + " N=" + std::to_string(n), .bar = bar};
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + seeds; ++seed) {
    Scene scene = make(seed);
    const MinimizeResult result = minimize(scene.items, *scene.oracle, {});
    measured.sound = measured.sound && is_sound(scene, result);
    measured.values.push_back(static_cast<double>(result.questions));
    measured.references.push_back(static_cast<double>(rival(*scene.oracle).questions));
  }
  print(measured);
}

// The bars are what a first study of these algorithms measured, as shares of the rival's questions.
// On dependent items there is none: what a rival asks there hangs on how the pairs are drawn.
void rivals() {
  struct Size {
    std::uint32_t n;
    std::uint32_t k;
  };
  for (const Size& size : {Size{1'000, 5}, Size{10'000, 5}, Size{10'000, 20}, Size{10'000, 100},
                           Size{100'000, 5}, Size{100'000, 20}}) {
    const auto [n, k] = size;
    const MakeScene make = [size](auto seed) { return uniform_scene(size.n, size.k, seed); };
    const std::size_t seeds = n >= 100'000 ? 5 : 10;
    const std::string of = "uniform k=" + std::to_string(k) + " against ";
    const bool large = n >= 10'000;
    against_rival(of + "picire", n, seeds, large ? 1 / 3.6 : 1 / 3.1, make,
                  [size](Oracle& oracle) { return picire(size.n, oracle, PicireOrder::kDefault); });
    against_rival(
        of + "picire recommended", n, seeds, large ? 1 / 2.2 : 1 / 1.9, make,
        [size](Oracle& oracle) { return picire(size.n, oracle, PicireOrder::kRecommended); });
    against_rival(of + "halfempty", n, seeds, large ? 1 / 1.35 : 0, make,
                  [size](Oracle& oracle) { return halfempty_bisect(size.n, oracle); });
  }
  constexpr std::uint32_t kItems = 10'000;
  const MakeScene pairs = [](auto seed) { return pairs_scene(kItems, 5, seed); };
  const MakeScene sessions = [](auto seed) { return sessions_scene(kItems, 5, 1, seed); };
  const auto recommended = [](Oracle& oracle) {
    return picire(kItems, oracle, PicireOrder::kRecommended);
  };
  against_rival("pairs k=5 against picire recommended", kItems, 20, 0, pairs, recommended);
  against_rival("scattered sessions k=5 against picire recommended", kItems, 5, 0, sessions,
                recommended);
  against_rival("pairs k=5 against halfempty", kItems, 20, 0, pairs,
                [](Oracle& oracle) { return halfempty_bisect(kItems, oracle); });
}

using AskRival = std::function<RivalResult(std::uint32_t items, Oracle& oracle)>;

// Do the rivals ask as often as in an independent simulator, whose figures are means of two to
// eight seeds that are not ours? A cell of so few seeds strays by several per cent; all cells of a
// rival together have to agree within five.
void rivals_are_what_they_are() {
  struct Cell {
    std::uint32_t n;
    std::uint32_t k;
    std::size_t seeds;
  };
  const std::vector<Cell> cells = {{1'000, 5, 60},  {1'000, 20, 60},  {1'000, 100, 60},
                                   {10'000, 5, 15}, {10'000, 20, 15}, {10'000, 100, 15}};
  struct Rival {
    const char* name;
    AskRival ask;
    std::vector<double> known;  // questions, one for each cell
  };
  const auto by_picire = [](PicireOrder order) -> AskRival {
    return [order](std::uint32_t n, Oracle& oracle) { return picire(n, oracle, order); };
  };
  const std::vector<Rival> rivals = {
      {"picire", by_picire(PicireOrder::kDefault), {175, 569, 1866, 265, 941, 3461}},
      {"picire recommended",
       by_picire(PicireOrder::kRecommended),
       {105, 344, 1142, 161, 575, 2108}},
      {"dd of 1999 (STS, DEMi)", delta_debug_1999, {61, 185, 619, 94, 302, 1084}},
      {"ProbDD", probdd, {133, 232, 677, 1034, 1134, 1675}},
      {"halfempty", halfempty_bisect, {68, 219, 688, 103, 362, 1305}},
      {"syzkaller", syzkaller_slice, {50, 190, 633, 81, 290, 1082}},
      {"find_integer backward", find_integer_backward, {76, 242, 722, 113, 386, 1406}}};
  for (const Rival& rival : rivals) {
    Case all = {
        .name = std::string(rival.name) + " against the independent simulator, mean of all cells",
        .unit = "of its questions",
        .bar = 1.05};
    double log_ratio = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      Case one = {.name = named((std::string(rival.name) + " against the independent simulator,"
                                                           " uniform")
                                    .c_str(),
                                cells[i].n, cells[i].k)};
      double mean = 0;
      for (std::size_t seed = 0; seed < cells[i].seeds; ++seed) {
        Scene scene = uniform_scene(cells[i].n, cells[i].k, kFirstSeed + seed);
        mean += static_cast<double>(rival.ask(cells[i].n, *scene.oracle).questions) /
                static_cast<double>(cells[i].seeds);
      }
      one.values.push_back(mean);
      one.references.push_back(rival.known[i]);
      print(one);
      log_ratio += std::log(mean / rival.known[i]) / static_cast<double>(cells.size());
    }
    all.values.push_back(std::exp(std::abs(log_ratio)));  // whichever way it strays
    all.references.push_back(1);
    print(all);
  }
}

// Runs of the oracle, where a crash comes with a chance only, which we are not told. The rival
// votes on every question until a miss is as rare as one in a thousand. At least 99 of 100 results
// have to be the exact minimum.
void flaky() {
  struct Rate {
    double chance;
    std::uint32_t votes;
  };
  constexpr std::uint64_t kSeeds = 200;
  constexpr std::uint64_t kRivalSeeds = 40;
  for (const Rate& rate : {Rate{0.5, 10}, Rate{0.6, 8}, Rate{0.7, 6}, Rate{0.8, 5}, Rate{0.9, 3}}) {
    Case measured = {.name = "flaky p=" + std::to_string(rate.chance).substr(0, 3) +
                             " N=10000 k=20, mean against picire recommended with votes",
                     .unit = "runs",
                     .bar = 0.32};
    double ours = 0, theirs = 0;
    std::uint64_t exact = 0;
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
      Scene scene = uniform_scene(10'000, 20, seed);
      Flaky oracle(*scene.oracle, rate.chance, seed);
      const MinimizeResult result = minimize(scene.items, oracle, {.flaky = true});
      ours += static_cast<double>(result.runs) / kSeeds;
      exact += result.kept == scene.minimal;
      if (seed >= kFirstSeed + kRivalSeeds) continue;
      Flaky same(*scene.oracle, rate.chance, seed);
      theirs +=
          static_cast<double>(picire(10'000, same, PicireOrder::kRecommended, rate.votes).runs) /
          kRivalSeeds;
    }
    measured.values.push_back(ours);
    measured.references.push_back(theirs);
    measured.sound = 100 * exact >= 99 * kSeeds;
    print(measured);
    Case exactness = {.name = "flaky p=" + std::to_string(rate.chance).substr(0, 3) +
                              " N=10000 k=20, results that are not the minimum, of a hundred",
                      .unit = "results",
                      .bar = 1};
    exactness.values.push_back(100.0 * static_cast<double>(kSeeds - exact) / kSeeds);
    exactness.references.push_back(1);
    print(exactness);
  }
}

// Items replayed in all, as multiples of N: with 32 prefixes that can be held, and without any,
// where whole replays are what costs.
void replays() {
  struct Demand {
    std::uint32_t n;
    std::uint32_t k;
    double most;
    std::size_t seeds;
  };
  for (const Demand& demand :
       {Demand{10'000, 1, 3, 10}, Demand{10'000, 5, 3, 10}, Demand{10'000, 20, 4, 10},
        Demand{10'000, 100, 9, 5}, Demand{100'000, 5, 3, 5}, Demand{100'000, 20, 4, 3},
        Demand{100'000, 100, 9, 2}}) {
    const double n = demand.n;
    Case held = {.name = named("replayed with 32 checkpoints, uniform", demand.n, demand.k),
                 .unit = "N",
                 .bar = demand.most};
    Case coarse = {.name = named("replayed without checkpoints against picire recommended, uniform",
                                 demand.n, demand.k),
                   .unit = "N",
                   .bar = 0.70};
    Case order = {.name = named("replayed without checkpoints, coarse against backward, uniform",
                                demand.n, demand.k),
                  .unit = "N"};
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + demand.seeds; ++seed) {
      Scene scene = uniform_scene(demand.n, demand.k, seed);
      Replaying with(*scene.oracle, {.start = 1, .item = 1, .checkpoints = 32});
      held.sound = held.sound && is_sound(scene, minimize(scene.items, with, {}));
      held.values.push_back(static_cast<double>(with.replayed) / n);
      held.references.push_back(1);
      if (demand.k == 1) continue;
      Replaying without(*scene.oracle, {.start = 1, .item = 1});
      coarse.sound = coarse.sound && is_sound(scene, minimize(scene.items, without, {}));
      Replaying backward(*scene.oracle, {});
      minimize(scene.items, backward, {});
      order.values.push_back(static_cast<double>(without.replayed) / n);
      order.references.push_back(static_cast<double>(backward.replayed) / n);
      if (demand.n > 10'000 && demand.k > 20) continue;  // the rival would take minutes
      Replaying rival(*scene.oracle, {});
      picire(demand.n, rival, PicireOrder::kRecommended);
      coarse.values.push_back(static_cast<double>(without.replayed) / n);
      coarse.references.push_back(static_cast<double>(rival.replayed) / n);
    }
    print(held);
    if (!coarse.values.empty()) print(coarse);
    if (!order.values.empty()) print(order);
  }
}

// What is left, where a fifth of the choices never crash although they should.
void inconsistent() {
  for (const std::uint32_t k : {5U, 20U}) {
    Case measured = {.name = named("inconsistent", 10'000, k) + ", size of the result",
                     .unit = "items",
                     .bar = (k + 1.5) / k};
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 20; ++seed) {
      Scene scene = uniform_scene(10'000, k, seed);
      Inconsistent oracle(*scene.oracle, 0.2, seed, scene.items.size());
      const MinimizeResult result = minimize(scene.items, oracle, {});
      measured.sound = measured.sound && result.one_minimal;
      measured.values.push_back(static_cast<double>(result.kept.size()));
      measured.references.push_back(k);
    }
    print(measured);
  }
}

// The waits for answers, were all to take the same time.
void workers() {
  struct Demand {
    std::uint32_t workers;
    std::uint32_t k;
    double speedup;
  };
  for (const Demand& demand :
       {Demand{2, 5, 1.4}, Demand{2, 20, 1.4}, Demand{2, 100, 1.4}, Demand{3, 20, 0},
        Demand{4, 20, 0}, Demand{8, 5, 4.5}, Demand{8, 20, 4.5}, Demand{8, 100, 4.5},
        Demand{64, 5, 10}, Demand{64, 20, 25}, Demand{64, 100, 40}}) {
    constexpr std::uint32_t kItems = 100'000;
    Case measured = {.name = named("uniform", kItems, demand.k) + ", rounds with " +
                             std::to_string(demand.workers) + " workers against one",
                     .unit = "rounds",
                     .bar = demand.speedup > 0 ? 1 / demand.speedup : 0};
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 10; ++seed) {
      Scene scene = uniform_scene(kItems, demand.k, seed);
      Rounds alone(*scene.oracle, 1), together(*scene.oracle, demand.workers);
      const Choice kept = minimize(scene.items, alone, {}).kept;
      const MinimizeResult result = minimize(scene.items, together, {.workers = demand.workers});
      measured.sound = measured.sound && is_sound(scene, result) && result.kept == kept;
      measured.values.push_back(static_cast<double>(together.rounds));
      measured.references.push_back(static_cast<double>(alone.rounds));
    }
    print(measured);
  }
}

// A text of which most bytes are needed, in order, anywhere.
class NeedsBytes : public CandidateOracle {
 public:
  explicit NeedsBytes(std::string needed) : needed_(std::move(needed)) {}
  Verdict ask(const Candidate& candidate) override {
    std::size_t at = 0;
    for (const char c : candidate[0].bytes) at += at < needed_.size() && needed_[at] == c ? 1 : 0;
    return verdict_of(at == needed_.size());
  }

 private:
  std::string needed_;
};

void bytes() {
  for (const unsigned length : {40U, 90U, 130U}) {
    for (const unsigned percent : {70U, 90U, 100U}) {
      Case measured = {.name = "bytes of a text of " + std::to_string(length) + ", " +
                               std::to_string(percent) + " % needed",
                       .references = {},
                       .bar = 1.3};
      for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 100; ++seed) {
        std::mt19937_64 random(seed);
        std::string whole, needed;
        for (unsigned i = 0; i < length; ++i) {
          whole += static_cast<char>(i + 1);
          if (random() % 100 < percent) needed += whole.back();
        }
        NeedsBytes oracle(needed);
        const Candidate start = {{.input = 0, .bytes = whole, .wait_ns = 0}};
        const RewriteResult result = minimize_bytes(start, oracle, {});
        measured.sound = measured.sound && result.candidate[0].bytes == needed;
        measured.values.push_back(static_cast<double>(result.questions));
        measured.references.push_back(length);
      }
      print(measured);
    }
  }
}

}  // namespace
}  // namespace crashreel::fakes

// All of it, or the parts that are named.
int main(int argc, char** argv) {
  using namespace crashreel::fakes;
  struct Part {
    std::string_view name;
    void (*run)();
  };
  constexpr Part parts[] = {{"largest", largest},
                            {"redis-like", redis_like},
                            {"uniform", uniform},
                            {"structures", structures},
                            {"rivals", rivals},
                            {"known", rivals_are_what_they_are},
                            {"flaky", flaky},
                            {"replays", replays},
                            {"inconsistent", inconsistent},
                            {"workers", workers},
                            {"bytes", bytes}};
  const auto wanted = [&](const Part& part) {
    return argc == 1 || std::find(argv + 1, argv + argc, part.name) != argv + argc;
  };
  for (const Part& part : parts) {
    if (wanted(part)) part.run();
  }
  return 0;
}
