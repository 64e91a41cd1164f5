#include "tools/pipeline/obstacle.h"

#include <string_view>

namespace crashreel {
namespace {

constexpr std::size_t kLastWords = 600;

std::string last_words(const Outcome& outcome) {
  std::string_view text = outcome.output_tail;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  if (text.empty()) return "; it printed nothing";
  if (text.size() > kLastWords) text = text.substr(text.size() - kLastWords);
  return "; its last words:\n" + std::string(text);
}

}  // namespace

std::string obstacle_of(const Outcome& outcome, const Target& target) {
  const std::string who = target.executable + ": ";
  switch (outcome.ending) {
    case Ending::kSurvived:
    case Ending::kExited:
    case Ending::kCrashed:
    case Ending::kThreadMissed:
    case Ending::kGivenUp:
      return {};
    case Ending::kNotStarted:
      if (target.kind == TargetKind::kFunction) {
        return who + "ended with status " + std::to_string(outcome.code) +
               " before it took an input; name a NAME-replay that crashreel_add_fuzz_target() "
               "made after --" +
               last_words(outcome);
      }
      return who + "ended with status " + std::to_string(outcome.code) +
             " before it listened; start it by hand with the reel's arguments to see why" +
             (target.from_outside ? " (it takes its own ports, which have to be free where it has "
                                    "no network of its own)"
                                  : "") +
             last_words(outcome);
    case Ending::kDeaf:
      return who +
             "waits without listening on any TCP port, so there is nothing to connect to; "
             "check its arguments, or import with --kind stdin" +
             last_words(outcome);
    case Ending::kNotAttached:
      return who +
             "ran without the player, which its loader dropped or the program cleared; feed it "
             "from "
             "outside with '--target external'" +
             last_words(outcome);
    case Ending::kHung:
      return who + "made no progress any more after " + std::to_string(outcome.performed) + " of " +
             std::to_string(outcome.steps) + " steps and was ended" +
             (outcome.stands_still ? "; each of its threads waits for another one's lock" : "") +
             (outcome.performed == 0 && !target.from_outside
                  ? "; if its system calls do not pass through libc, feed it from outside with "
                    "'--target external'"
                  : "") +
             last_words(outcome);
  }
  return {};
}

}  // namespace crashreel
