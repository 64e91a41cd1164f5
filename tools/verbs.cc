#include "tools/verbs.h"

#include <array>

namespace crashreel {

std::span<const Verb* const> all_verbs() {
  static const std::array verbs{&record_verb(),     &salvage_verb(),    &show_verb(),
                                &import_verb(),     &replay_verb(),     &reach_verb(),
                                &minimize_verb(),   &blame_verb(),      &report_verb(),
                                &corpus_add_verb(), &corpus_list_verb()};
  return verbs;
}

}  // namespace crashreel
