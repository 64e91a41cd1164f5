// Gives the frames of a signature the names of their functions, where symbols cover them,
// those that were inlined there before the one that was called (kInlinedIn). Without
// the symbols library, or the files, the frames stay module and offset.
#pragma once

#include "capture/reel/reel.h"

namespace crashreel {

void name_frames(Signature& signature);

}  // namespace crashreel
