#include "minimizer/oracle.h"

namespace crashreel {

std::vector<Verdict> Oracle::ask_all(std::span<const Choice> choices) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(choices.size());
  for (const Choice& choice : choices) verdicts.push_back(ask(choice));
  return verdicts;
}

}  // namespace crashreel
