// What of the kernel's does this process have, that no copy of it gets?
#pragma once

namespace crashreel::player {

// More than one.
bool has_threads();
bool has_timers();
// With other processes; the script's apart.
bool shares_memory();
bool has_children();  // of any of its threads

}  // namespace crashreel::player
