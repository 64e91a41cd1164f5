// Who is who in a new user namespace?
#pragma once

#include <sys/types.h>

namespace crashreel {

// Everybody who is somebody here keeps his number in the namespace of that process, which has none
// yet; without root's rights that is this process's own user and group. False: errno says why.
bool give_ids(pid_t pid);

}  // namespace crashreel
