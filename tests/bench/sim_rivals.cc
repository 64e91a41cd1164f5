// Questions against what rivals ask, and whether these are the rivals that they are taken for.
#include <cmath>

#include "tests/bench/sim_case.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/rivals.h"

namespace crashreel::fakes {
namespace {

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

}  // namespace

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
      Case one = {.name =
                      named(std::string(rival.name) + " against the independent simulator, uniform",
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

}  // namespace crashreel::fakes
