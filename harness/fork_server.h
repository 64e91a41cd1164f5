// How are hundreds of instances a second made that all begin after the program's start?
//
// A fork server is an instance that the player stops at its fork point and that makes copies of
// itself from there (player/fork_point.h). Its copies share their addresses, their random start and
// their folder, which is put back after each: good enough to ask questions fast, never evidence.
// What is claimed in the end is claimed of instances that were started alone.
//
// A checkpoint is such a server that stopped later, after some steps of a layout (checkpoints.h).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "capture/base/result.h"
#include "harness/instance.h"
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
  // of no more use, for it has ended or its folder can't be put back.
  Result<Instance> make(int script_fd);

  // A copy that performs this layout's steps up to `to`, and is then a server as this one is; this
  // server's own steps must be those that the layout begins with. Null: it ended on the way, as the
  // layout will. Errors as in start(); this server is as good as before. It lives at least as long
  // as what came from it.
  Result<std::optional<ForkServer>> hold(const Layout& layout, std::size_t to,
                                         std::uint32_t hang_ms);

  // The script of a copy that goes on from here.
  Result<Script> script_for(const Layout& layout) const;
  std::size_t steps() const;  // that its copies have behind them

 private:
  struct Place;
  class Server;
  explicit ForkServer(std::shared_ptr<Server> server);

  std::shared_ptr<Server> server_;
};

}  // namespace crashreel
