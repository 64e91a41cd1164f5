// What the listener does on its own account when it is told to: it asks others, reads pipes, and
// talks to itself. Every wait ends when the other side does its part.
#pragma once

#include <string>

// "NAME ARGUMENT"; `session` is the descriptor of who told. Aborts where something is not as it
// would be without a recorder.
void run_errand(const std::string& errand, int session);
