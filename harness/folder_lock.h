// Is whoever made this folder still there?
//
// A folder of a try's is locked by the process that made it for as long as that lives, however it
// dies. What nobody holds any more was left by one that was killed, and can go.
#pragma once

#include <string>

#include "capture/base/owned_fd.h"

namespace crashreel {

// For as long as the descriptor is open, here or in a copy of this process. Empty: it is locked, or
// no folder of ours lies there.
OwnedFd lock_folder(const std::string& path);

// Removes all folders of this user's in `base`, not in those below, whose names begin so and that
// nobody has locked. What can't be removed stays.
void remove_abandoned(const std::string& base, const std::string& prefix);

}  // namespace crashreel
