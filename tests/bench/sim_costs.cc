// What a search costs beside its questions: items replayed, rounds with several workers, and bytes.
#include <random>
#include <utility>

#include "minimizer/bytes.h"
#include "tests/bench/sim_case.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/rivals.h"

namespace crashreel::fakes {
namespace {

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

}  // namespace

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

}  // namespace crashreel::fakes
