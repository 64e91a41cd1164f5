// How does a keeper start the program?
#pragma once

#include <sys/types.h>

#include "harness/keeper/words.h"

namespace crashreel::keeper {

// The program's process, with a pidfd; -1: it could not be made. All descriptors but the control
// socket are the program's from then on.
pid_t start_program(const Order& order, int* pid_fd);

}  // namespace crashreel::keeper
