// What was each place of a ring bounded by, and what did these bounds cost?
#pragma once

#include "capture/reel/reel.h"
#include "capture/reel/ring_copies.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/salvage_select.h"

namespace crashreel {

// `copies` for its counts only.
Keeping keeping_of(const RingImage& image, const RingCopies& copies, const Selection& selection);

}  // namespace crashreel
