#include "tools/pipeline/witness.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/tries.h"

namespace crashreel {
namespace {

std::uint64_t number_of(const Reel& reel, std::size_t position) {
  const auto end = reel.inputs.begin() + static_cast<std::ptrdiff_t>(position) + 1;
  return static_cast<std::uint64_t>(std::count_if(
      reel.inputs.begin(), end, [](const Input& input) { return counts_as_input(input.kind); }));
}

}  // namespace

std::vector<std::string> arguments_for(const Reel& reel, const std::string& program) {
  std::vector<std::string> argv = reel.program.argv;
  if (argv.empty()) argv.emplace_back();
  argv.front() = program;
  return argv;
}

Result<Witness> ask_witness(const Reel& reel, const std::string& program, int tries, int jobs) {
  Witness witness{.program = program};
  auto target = target_of(reel, arguments_for(reel, program));
  if (!target) {
    witness.obstacle = target.error().message;
    return witness;
  }
  Tries runs(std::move(*target), reel, jobs);
  const auto outcomes =
      runs.run(std::vector<Sequence>(static_cast<std::size_t>(tries), whole_sequence(reel)));
  if (!outcomes) return outcomes.error();
  std::map<const Input*, int> in_flight;
  for (const Outcome& outcome : *outcomes) {
    ++witness.tries;
    if (witness.obstacle.empty()) witness.obstacle = obstacle_of(outcome, runs.target());
    if (outcome.ending != Ending::kCrashed || outcome.in_flight == nullptr) continue;
    ++in_flight[outcome.in_flight];
    if (witness.finding.empty()) witness.finding = outcome.finding;
  }
  if (in_flight.empty()) return witness;
  const auto most =
      std::ranges::max_element(in_flight, {}, [](const auto& entry) { return entry.second; });
  witness.agreed = most->second;
  const auto position = static_cast<std::size_t>(most->first - reel.inputs.data());
  witness.at = Blamed{.position = position, .number = number_of(reel, position)};
  return witness;
}

}  // namespace crashreel
