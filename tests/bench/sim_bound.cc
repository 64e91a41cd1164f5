// Questions against the bound, and the largest search's time and memory.
#include <sys/resource.h>

#include <utility>

#include "minimizer/bound.h"
#include "tests/bench/bench.h"
#include "tests/bench/sim_case.h"
#include "tests/minimizer/fake_oracles.h"

namespace crashreel::fakes {
namespace {

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

}  // namespace

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

}  // namespace crashreel::fakes
