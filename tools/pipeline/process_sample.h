// What can be seen of a running process from outside, without touching it?
//
// Read from /proc and from the ring's commit words. What can't be read counts as not there: a
// process of another user shows no sockets.
#pragma once

#include <sys/types.h>

#include <string>

#include "tools/pipeline/hang.h"

namespace crashreel {

// All but `line_waits`.
ProcessSample sample_process(pid_t process, const std::string& ring_path);

}  // namespace crashreel
