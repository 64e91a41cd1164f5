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

namespace {

// Exact: nobody has to guess what was rounded.
std::string limit_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMiB = 1 << 20;
  return bytes % kMiB == 0 ? std::to_string(bytes / kMiB) + " MiB"
                           : std::to_string(bytes) + " bytes";
}

std::string crash_text(const Outcome& outcome) {
  if (outcome.memory_limit != 0) return "memory limit of " + limit_text(outcome.memory_limit);
  return outcome.finding.empty() ? describe(outcome.signature) : outcome.finding;
}

}  // namespace

std::string describe(const Outcome& outcome) {
  const std::string place = " after " + std::to_string(outcome.performed) + " of " +
                            std::to_string(outcome.steps) + " steps";
  switch (outcome.ending) {
    case Ending::kCrashed:
      return crash_text(outcome) + place +
             (outcome.complaint.empty() ? "" : ": " + outcome.complaint);
    case Ending::kExited:
      return "exited with status " + std::to_string(outcome.code) + place +
             (outcome.finding.empty() ? "" : ": " + outcome.finding);
    case Ending::kHung:
      return "hung" + place + (outcome.stands_still ? ": its threads wait for one another" : "");
    default:
      return name_of(outcome.ending);
  }
}

}  // namespace crashreel
