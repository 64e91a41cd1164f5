#include "tools/pipeline/frame_names.h"

#include <mutex>
#include <string>
#include <vector>

#include "capture/reel/telling_functions.h"
#include "harness/signature.h"
#include "harness/symbols/symbols.h"
#include "harness/target.h"

namespace crashreel {
namespace {

std::string joined(const std::vector<std::string>& functions) {
  std::string text;
  for (const std::string& function : functions) {
    if (!text.empty()) text += kInlinedIn;
    text += function;
  }
  return text;
}

}  // namespace

void name_frames(Signature& signature) {
  // Kept: a module is read once, and that can take long. Guarded, for Symbols knows one thread.
  static std::mutex one_at_a_time;
  const std::lock_guard guard(one_at_a_time);
  if (signature.frames.empty()) return;
  static auto symbols = Symbols::load(library_path("libcrashreel-symbols.so"));
  if (!symbols) return;
  for (Frame& frame : signature.frames) {
    const std::string file = file_of(frame);
    if (frame.symbol.empty() && !file.empty()) {
      // What the system inlined tells nothing.
      frame.symbol = is_of_the_system(frame) ? symbols->table_name(file, frame.offset)
                                             : joined(symbols->functions(file, frame.offset));
    }
  }
}

}  // namespace crashreel
