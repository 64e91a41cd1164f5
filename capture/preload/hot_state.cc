#include "capture/preload/hot_state.h"

#include "capture/runtime/hot_data.h"

namespace crashreel {

// The first of the section, for the linker takes the libraries' part of it later.
CRASHREEL_HOT_DATA alignas(4096) constinit HotState g_hot = {};

}  // namespace crashreel
