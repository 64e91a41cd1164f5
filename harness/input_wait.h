// Does a process wait for more on its standard input?
//
// Read from /proc: none of its threads runs, and one of them sleeps in a call that reads descriptor
// 0, or that waits for descriptors. Where the process may not be looked at, it never does. A
// program that waits for other descriptors with work in hand can't be told apart.
#pragma once

#include <sys/types.h>

namespace crashreel {

bool waits_for_stdin(pid_t pid);

}  // namespace crashreel
