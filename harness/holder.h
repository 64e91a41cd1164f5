// Who takes the checkpoints that an instance leaves behind, while it runs?
#pragma once

#include <utility>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "harness/fork_server.h"
#include "harness/try.h"

namespace crashreel {

class Holder {
 public:
  // Both are borrowed: the server whose copy the instance is, and where to put what it leaves.
  static Result<Holder> create(ForkServer& server, Held& held);

  int fd() const { return ours_.get(); }  // readable: there is something to take
  int their_end() const { return theirs_.get(); }
  void close_their_end();
  // Takes it, and lets the instance go on.
  void take();

 private:
  Holder(ForkServer& server, Held& held, OwnedFd ours, OwnedFd theirs)
      : server_(server), held_(held), ours_(std::move(ours)), theirs_(std::move(theirs)) {}

  ForkServer& server_;
  Held& held_;
  OwnedFd ours_;
  OwnedFd theirs_;
};

}  // namespace crashreel
