// Where answers come with a chance, or are wrong: runs of the oracle, and what is left.
#include "tests/bench/sim_case.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/rivals.h"

namespace crashreel::fakes {

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

}  // namespace crashreel::fakes
