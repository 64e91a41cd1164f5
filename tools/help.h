// What does `--help` say? The same description that parses the command line, as text and as data.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/json.h"
#include "tools/verb.h"

namespace crashreel {

// What can be asked without a verb.
const std::vector<Option>& options_without_verb();

// What the command is for, without a full stop.
std::string purpose_in_a_line();

// What an option does, its fallback, and whether it may come again; without a full stop.
std::string explanation_of(const Option& option);

// "crashreel show [--inputs] ... FILE.reel".
std::string synopsis_of(const Verb& verb);

// Synopsis, text, operands, options, examples and exit statuses of one verb.
std::string help_of(const Verb& verb);
Json json_help_of(const Verb& verb);

// The list of verbs.
std::string overview_of(std::span<const Verb* const> verbs);
Json json_overview_of(std::span<const Verb* const> verbs);

// The verb's own statuses and those of trouble that it shares with others, rising.
std::vector<StatusMeaning> statuses_of(const Verb& verb);

}  // namespace crashreel
