// How are hundreds of instances a second made that all begin after the program's start?
//
// A fork server is an instance that the player stops at its fork point and that makes copies of
// itself from there (player/fork_point.h). A copy may go back to where it began and serve
// again (player/rewind.h). Its copies share their addresses, their random
// start and their folder, which is put back after each: good enough to ask questions fast, never
// evidence. What is claimed in the end is claimed of instances that were started alone.
//
// A checkpoint is such a server that stopped later, after some steps of a layout (checkpoints.h).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "harness/instance.h"
#include "harness/player/script.h"
#include "harness/sequence.h"
#include "harness/target.h"

namespace crashreel {

// One instance at a time. Not for several threads at once.
class ForkServer {
 public:
  // Waits until the program has come to its fork point. The layout is not performed. An error where
  // the program ends, hangs, or can't be copied (Trouble::kTarget, with the reason).
  static Result<ForkServer> start(const Target& target, const Layout& layout,
                                  std::uint32_t hang_ms);

  ForkServer(ForkServer&&) noexcept;
  ForkServer& operator=(ForkServer&&) noexcept;
  ~ForkServer();

  // A copy that performs the script; it must be gone before the next one. An error: the server is
  // of no more use, for it has ended or its folder can't be put back. `holder` is where it tells of
  // its checkpoints, -1: nowhere. One that may come back says so on its line, and waits there for
  // an answer before its first input.
  Result<Instance> make(int script_fd, int holder = -1, bool may_come_back = true);

  // A copy that has come to the end of its script, or of a crash, may go back to where it began,
  // and serve for the next one that is made (player/rewind.h). It tells here; -1: this one won't.
  int line() const;
  // Once that is readable. True: it has gone back, and has ended, for whoever asks, as it would
  // have without that: with status 0 or by a signal.
  bool hear_line(Instance& instance);
  // One has, and waits.
  bool has_standby() const;

  // The script of a copy that goes on from here.
  Result<Script> script_for(const Layout& layout, std::span<const std::size_t> marks = {}) const;
  std::size_t steps() const;  // that its copies have behind them
  // Of memory, as memory_share() counts them.
  std::uint64_t bytes() const;

  // A checkpoint that a copy of this server has left behind, before this step, and tells of: a
  // server too, that lives as long as it is held. At once, while the copy waits.
  Result<ForkServer> take(const HoldNote& note, OwnedFd socket, OwnedFd process, std::size_t step);

 private:
  class Server;
  explicit ForkServer(std::shared_ptr<Server> server);

  std::shared_ptr<Server> server_;
};

}  // namespace crashreel
