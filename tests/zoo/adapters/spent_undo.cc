// Five inputs of one session: what was undone before saving is redone after it.
#include "tests/zoo/adapters/commands.h"

namespace {

struct Editor : zoo::Silent {
  bool is_open = false;
  bool was_saved = false;
  unsigned done = 0;
  unsigned undone = 0;

  void command(std::uint32_t, std::string_view verb, std::string_view) {
    if (verb == "OPEN") {
      is_open = true;
      was_saved = false;
      done = undone = 0;
    }
    if (!is_open) return;
    if (verb == "TYPE") ++done, undone = 0, was_saved = false;
    if (verb == "UNDO" && done > 0) --done, ++undone;
    if (verb == "SAVE") was_saved = undone > 0;
    if (verb == "REDO" && undone > 0) {
      if (was_saved) zoo::follow_dangling_pointer();  // saving has freed them
      --undone, ++done;
    }
  }
};

}  // namespace

ZOO_ADAPTER(Editor)
