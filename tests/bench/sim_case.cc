#include "tests/bench/sim_case.h"

#include <limits>

#include "minimizer/checker.h"
#include "tests/bench/bench.h"

namespace crashreel::fakes {

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

std::string named(const std::string& structure, std::uint32_t n, std::uint32_t k) {
  return structure + " N=" + std::to_string(n) + " k=" + std::to_string(k);
}

bool is_sound(const Scene& scene, const MinimizeResult& result) {
  return result.one_minimal && result.kept.size() == scene.size &&
         check_one_minimal(scene.items, result.kept, *scene.oracle).one_minimal;
}

}  // namespace crashreel::fakes
