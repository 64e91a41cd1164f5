// How does a copy tell its fork server that it has gone back to where it began, and how is it sent
// on from there?
//
// The server's side of player/rewind.h. The copy that runs has a line to its server if it may come
// back; once it has, it stands by until its next script comes over that line. One at a time.
#pragma once

#include <sys/types.h>

#include <optional>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "harness/copy_place.h"
#include "harness/copy_policy.h"

namespace crashreel {

class CopyLine {
 public:
  // Is it worth its price that the next copy prepares for coming back?
  bool is_worth_it() const { return policy_.prepares(); }
  // For the copy that is made next: its end.
  Result<OwnedFd> open();
  // The copy that had it, if one had, has not come back.
  void give_up();

  int fd() const { return line_ ? line_.get() : -1; }
  // What the copy says once that is readable. Not empty: it has come back as if it had ended, with
  // status 0 or by this signal.
  std::optional<int> hear(const CopyPlace& place);

  // The copy that has come back, with its descriptor, waits; or what it has left behind could not
  // be reaped, and it is of no more use.
  void stand_by(pid_t number, OwnedFd process);
  void close() { line_.reset(); }

  bool has_standby() const { return standby_.number >= 0; }
  // Where the copy that stands by began.
  CopyPlace::Files& standby_begins() { return *standby_.begins; }
  // False: it has died meanwhile, of whatever reason.
  bool send_on(int script);
  // It runs again, on the same line.
  struct Copy {
    pid_t number = -1;
    OwnedFd process;
  };
  Copy take_standby();

 private:
  struct Standby {
    pid_t number = -1;
    OwnedFd process;
    OwnedFd line;
    std::optional<CopyPlace::Files> begins;
  };

  bool let_begin(const CopyPlace& place);

  OwnedFd line_;                            // of the copy that runs
  std::optional<CopyPlace::Files> begins_;  // where it goes back to, once it has come there
  Standby standby_;
  CopyPolicy policy_;
};

}  // namespace crashreel
