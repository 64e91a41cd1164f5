// How are hundreds of instances a second made that all begin after the program's start?
//
// A fork server is an instance that the player stops at its fork point and that makes copies of
// itself from there (player/fork_point.h). Its copies share their addresses, their random start and
// their folder, which is put back after each: good enough to ask questions fast, never evidence.
// What is claimed in the end is claimed of instances that were started alone.
#pragma once

#include <memory>

#include "capture/base/result.h"
#include "harness/instance.h"
#include "harness/sequence.h"
#include "harness/target.h"

namespace crashreel {

// One instance at a time. Not for several threads at once.
class ForkServer {
 public:
  // Waits until the program has come to its fork point. The sequence is not performed. An error
  // where the program ends, hangs, or can't be copied (Trouble::kTarget, with the reason).
  static Result<ForkServer> start(const Target& target, const Reel& reel, const Sequence& sequence,
                                  std::uint32_t hang_ms);

  ForkServer(ForkServer&&) noexcept;
  ForkServer& operator=(ForkServer&&) = delete;
  ~ForkServer();

  // A copy that performs the script; it must be gone before the next one. An error: the server is
  // of no more use, for it has ended or its folder can't be put back.
  Result<Instance> make(int script_fd);

 private:
  class Server;
  explicit ForkServer(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace crashreel
