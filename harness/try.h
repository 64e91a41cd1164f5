// What does one instance do with a sequence of inputs?
//
// A try starts the program in a directory and process group of its own, lets the player (or, for
// stdin programs, a pipe) bring the inputs, and waits for the end, which it never guesses from
// time: a watchdog only ends what makes no progress. Nothing the try started outlives it, as far as
// it stays in its process group.
#pragma once

#include <cstdint>

#include "capture/base/result.h"
#include "harness/fork_server.h"
#include "harness/outcome.h"
#include "harness/sequence.h"
#include "harness/target.h"

namespace crashreel {

struct TryOptions {
  // The watchdog: so long without the player finding the program idle is a hang. Wall time in which
  // the process gets no processor does not count.
  std::uint32_t hang_ms = 10'000;
  ScriptOptions script{};
};

// Errors are trouble of this machine (no memory, no processes); whatever the program does is an
// Outcome. May be called from several threads at once.
Result<Outcome> run_try(const Target& target, const Reel& reel, const Sequence& sequence,
                        const TryOptions& options = {});

// The same with an instance that this server makes, of the same target. Of a server target alone.
// An error may be the server's: then it is of no more use.
Result<Outcome> run_try(ForkServer& server, const Target& target, const Reel& reel,
                        const Sequence& sequence, const TryOptions& options = {});

}  // namespace crashreel
