// Who takes the checkpoints that an instance leaves behind, while it runs?
#pragma once

#include "capture/base/result.h"
#include "harness/fork_server.h"
#include "harness/try.h"

namespace crashreel {

class Holder {
 public:
  // Both are borrowed: the server whose copy the instance is, and where to put what it leaves.
  static Result<Holder> create(ForkServer& server, Held& held);
  Holder(Holder&& other) noexcept;
  Holder& operator=(Holder&&) = delete;
  ~Holder();

  int fd() const { return ours_; }  // readable: there is something to take
  int their_end() const { return theirs_; }
  void close_their_end();
  // Takes it, and lets the instance go on.
  void take();

 private:
  Holder(ForkServer& server, Held& held, int ours, int theirs)
      : server_(server), held_(held), ours_(ours), theirs_(theirs) {}

  ForkServer& server_;
  Held& held_;
  int ours_;
  int theirs_;
};

}  // namespace crashreel
