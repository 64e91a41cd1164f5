#include "tools/pipeline/frame_names.h"

#include "harness/signature.h"
#include "harness/symbols/symbols.h"
#include "harness/target.h"

namespace crashreel {

void name_frames(Signature& signature) {
  if (signature.frames.empty()) return;
  auto symbols = Symbols::load(library_path("libcrashreel-symbols.so"));
  if (!symbols) return;
  for (Frame& frame : signature.frames) {
    const std::string file = file_of(frame);
    if (frame.symbol.empty() && !file.empty()) {
      frame.symbol = symbols->function_name(file, frame.offset);
    }
  }
}

}  // namespace crashreel
