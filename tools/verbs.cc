#include "tools/verbs.h"

#include <array>

namespace crashreel {

std::span<const Verb* const> all_verbs() {
  static const std::array verbs{&record_verb(),       &doctor_verb(),       &salvage_verb(),
                                &show_verb(),         &import_verb(),       &replay_verb(),
                                &reach_verb(),        &minimize_verb(),     &blame_verb(),
                                &debug_verb(),        &report_verb(),       &corpus_add_verb(),
                                &corpus_list_verb(),  &corpus_show_verb(),  &corpus_verify_verb(),
                                &corpus_merge_verb(), &corpus_prune_verb(), &corpus_export_verb()};
  return verbs;
}

}  // namespace crashreel
