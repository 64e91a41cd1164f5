// Where does a keeper begin?
#pragma once

namespace crashreel::keeper {

// As main(), of a program that has no libc (start.cc). The environment lies behind argv, as the
// kernel has put it there. Returns what the process ends with.
int keep_instance(int argc, char** argv);

}  // namespace crashreel::keeper
