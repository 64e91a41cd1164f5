#include "minimizer/oracle.h"

namespace crashreel {

std::vector<Verdict> Oracle::ask_all(std::span<const Choice> choices) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(choices.size());
  for (const Choice& choice : choices) verdicts.push_back(ask(choice));
  return verdicts;
}

std::vector<std::optional<Verdict>> Oracle::race(std::span<const Choice> choices, Race& race) {
  const std::vector<Verdict> verdicts = ask_all(choices);
  for (std::size_t i = 0; i < verdicts.size(); ++i) race.answered(i, verdicts[i]);
  return {verdicts.begin(), verdicts.end()};
}

}  // namespace crashreel
