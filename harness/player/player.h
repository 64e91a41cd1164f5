// How does a script take hold of the instance that it is for?
#pragma once

namespace crashreel {

// Where something else runs the program: the real path of the one that the script is for. In
// others, on the way there, the player leaves everything as it is.
inline constexpr char kProgramEnv[] = "CRASHREEL_PROGRAM";

}  // namespace crashreel

namespace crashreel::player {

// In an instance that was forked: from here on it performs this script, and its crash is written
// there. Takes the descriptor. False: it is no script, or there is no memory for it.
bool begin_script(int fd);

}  // namespace crashreel::player
