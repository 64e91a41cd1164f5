// Which verbs are there? A new one is a file verb_NAME.cc, a line here and one in verbs.cc.
#pragma once

#include <span>

#include "tools/verb.h"

namespace crashreel {

const Verb& record_verb();
const Verb& salvage_verb();
const Verb& show_verb();
const Verb& import_verb();
const Verb& replay_verb();
const Verb& reach_verb();
const Verb& doctor_verb();
const Verb& minimize_verb();
const Verb& blame_verb();
const Verb& debug_verb();
const Verb& report_verb();
const Verb& corpus_add_verb();
const Verb& corpus_list_verb();
const Verb& corpus_show_verb();
const Verb& corpus_verify_verb();
const Verb& corpus_merge_verb();
const Verb& corpus_prune_verb();
const Verb& corpus_export_verb();

// In the order of the data's way: from the running program to the corpus.
std::span<const Verb* const> all_verbs();

}  // namespace crashreel
