// Why may the crash not have come back, and what can be done about it?
//
// Each check is one line that says what is missing and what to do: masked fields, sessions whose
// beginning is lost, messages cut at
// the tail's edge, files that the program had and this machine has not, a program that has
// changed, inputs that found nobody to read them, words that clients repeat of production's
// answers. A check finds a possible reason, never the proof of one; where it finds nothing it says
// nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/reel/reel.h"
#include "harness/echoes.h"
#include "harness/outcome.h"
#include "harness/target.h"

namespace crashreel {

// What the reel says, and this machine. A target that is not the reel's own program is another
// build on purpose.
std::vector<std::string> why_not(const Reel& reel, const Target& target);

// The checks, each empty where there is nothing to say.
std::string lost_openings_hint(const Reel& reel);
std::string changed_program_hint(const Reel& reel, const Target& target);
std::string changed_file_hint(const FileDigest& file);
std::string outside_hint(const Target& target);
std::string no_times_hint(const Reel& reel);
// Of a try, not of the reel.
std::string unread_hint(const Outcome& outcome);
std::string missed_file_hint(const Reel& reel, const Outcome& outcome);
std::string undelivered_hint(const Outcome& outcome);
std::string unanswered_hint(const Outcome& outcome);
std::string unwatched_hint(const Outcome& outcome);
std::string made_random_hint(const Outcome& outcome);
std::string real_times_hint(const Outcome& outcome);
// Of inputs that two tries answered differently, although both had the same chance and date.
std::string race_hint(const Reel& reel, const std::vector<const Input*>& answered_otherwise);
std::string echo_hint(const std::optional<Echo>& echo);

}  // namespace crashreel
