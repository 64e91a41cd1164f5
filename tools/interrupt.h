// Has the user asked to stop?
//
// While one of these lives, SIGINT, SIGTERM and SIGHUP ask for an orderly end instead of ending the
// process; a second one of them ends it at once. One at a time.
#pragma once

#include <signal.h>

namespace crashreel {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // The signal that asked, or 0.
  static int asked();

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[3];
};

}  // namespace crashreel
