// What does one instance do with a sequence of inputs?
//
// A try starts the program in a directory and a sandbox of its own, lets the player (or, for
// stdin programs, a pipe) bring the inputs, and waits for the end, which it never guesses from
// time: a watchdog only ends what makes no progress. Nothing the try started outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "harness/fork_server.h"
#include "harness/outcome.h"
#include "harness/sequence.h"
#include "harness/target.h"

namespace crashreel {

// Checkpoints that a try leaves behind.
struct Held {
  std::vector<std::size_t> before;  // these steps of the layout, rising, beyond the server's own
  // As far as the try came to them, and they could be had; by step.
  std::map<std::size_t, ForkServer> servers;
  std::string refusal;  // why one could not be had, if so
};

struct TryOptions {
  // The watchdog: so long without the player finding the program idle is a hang. Wall time in which
  // the process gets no processor does not count.
  std::uint32_t hang_ms = 10'000;
  int give_up_fd = -1;  // once it is readable the try is ended; -1: none
  ScriptOptions script{};
};

// Errors are trouble of this machine (no memory, no processes); whatever the program does is an
// Outcome. May be called from several threads at once.
Result<Outcome> run_try(const Target& target, const Reel& reel, const Sequence& sequence,
                        const TryOptions& options = {});

// The same with an instance that this server makes, of the same target. Of a server target alone;
// what the server has behind it must be what the layout begins with. An error may be the server's:
// then it is of no more use. Where `held` asks for them, there are checkpoints on the way.
Result<Outcome> run_try(ForkServer& server, const Target& target, const Layout& layout,
                        const TryOptions& options = {}, Held* held = nullptr);

}  // namespace crashreel
