#include "harness/outcome.h"

#include "harness/signature.h"

namespace crashreel {

const char* name_of(Ending ending) {
  switch (ending) {
    case Ending::kSurvived:
      return "survived";
    case Ending::kExited:
      return "exited";
    case Ending::kCrashed:
      return "crashed";
    case Ending::kHung:
      return "hung";
    case Ending::kDeaf:
      return "deaf";
    case Ending::kNotStarted:
      return "not started";
    case Ending::kNotAttached:
      return "not attached";
    case Ending::kThreadMissed:
      return "lacked a thread";
    case Ending::kGivenUp:
      return "given up";
  }
  return "unknown";
}

std::string describe(const Outcome& outcome) {
  const std::string place = " after " + std::to_string(outcome.performed) + " of " +
                            std::to_string(outcome.steps) + " steps";
  switch (outcome.ending) {
    case Ending::kCrashed:
      return (outcome.finding.empty() ? describe(outcome.signature) : outcome.finding) + place;
    case Ending::kExited:
      return "exited with status " + std::to_string(outcome.code) + place +
             (outcome.finding.empty() ? "" : ": " + outcome.finding);
    case Ending::kHung:
      return "hung" + place;
    default:
      return name_of(outcome.ending);
  }
}

}  // namespace crashreel
