// What does the least cost that any replay of these inputs must cost? And how is it done where
// there is no replay?
#pragma once

#include <string>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel::bench {

// A bare loop, `rounds` times: fork; in the child a listener on loopback TCP, a connection for each
// session, and each input sent, read there, sent back and read here; end and wait. In seconds a
// round.
double bare_loop_seconds(const Reel& reel, int rounds);

// Who drives a server from outside: starts it ("{PORT}" in argv is a free one), connects as soon as
// it listens, sends each input, and ends it. In seconds of the whole.
enum class Pace {
  kByReplies,  // each input waits for the answer to the one before; each must have one
  kBySleeps,   // 5 ms after each
};
double driven_seconds(std::vector<std::string> argv, const Reel& reel, Pace pace);

}  // namespace crashreel::bench
