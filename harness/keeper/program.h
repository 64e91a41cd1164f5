// How does a keeper start the program?
#pragma once

#include "harness/keeper/words.h"

namespace crashreel::keeper {

// The program's process, with a pidfd; below zero: it could not be made. All descriptors but the
// control socket are the program's from then on.
long start_program(const Order& order, int* pid_fd);

}  // namespace crashreel::keeper
