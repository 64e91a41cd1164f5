// What becomes of what we have started when somebody kills us?
//
// A try has a keeper that ends it (harness/keeper). For what runs outside of one, as doctor's trial
// of a program does, the command goes on in a child process, and whoever started it sees the
// process from before: that one passes signals on, waits, and ends as the child does. When it is
// killed, the child ends all that it has started, also what has left its own parent since, and then
// itself.
#pragma once

#include <functional>

namespace crashreel {

// Returns in the child alone; or here, where none can be made. Before there are any threads.
// `at_last` is called in a thread of the child's when all is ended, behind our back: it may be
// empty.
void go_on_behind_a_front(std::function<void()> at_last);

}  // namespace crashreel
