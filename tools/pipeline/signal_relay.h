// Who gets the signals that are sent to us while we stand for another process?
//
// That process. While a relay lives, the signals by which people talk to a program are held back in
// the calling thread and can be read from a descriptor; SIGPIPE is held back too and dropped, so
// that a pipe whose reader is gone is an error like others. One of them may be meant for us. What
// has not been read at the end is dropped.
//
// SIGTSTP stops the process and then ourselves, so that a shell sees its job stop; SIGCONT, which
// lets us go on whether it is held back or not, lets the process go on. SIGSTOP can't be held back:
// it stops us alone.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "capture/base/owned_fd.h"

namespace crashreel {

class SignalRelay {
 public:
  // `ours` is not passed on; 0: all are.
  explicit SignalRelay(int ours = 0);
  ~SignalRelay();
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;

  // Is it one of those that a relay holds back?
  static bool holds(int signal);

  // False when the machine has no descriptor left; then nothing is held back.
  explicit operator bool() const { return static_cast<bool>(fd_); }

  // Readable when there is something to pass on.
  int fd() const { return fd_.get(); }
  // Passes it on, with the value that sigqueue() gave it. What a terminal sent went to the whole
  // group, and is not sent a second time. True when the signal that is ours was among them.
  bool pass_on_to(pid_t process);

  // The mask from before, for the process that we stand for.
  const sigset_t& original_mask() const { return original_mask_; }

 private:
  OwnedFd fd_;
  int ours_;
  sigset_t held_;
  sigset_t original_mask_;
  struct sigaction original_child_action_;
};

}  // namespace crashreel
