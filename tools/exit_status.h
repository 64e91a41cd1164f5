// What does the command's exit status say?
//
// The statuses are API: documented in every verb's help, relied on by scripts, held by tests. They
// answer the question of the verb ("did the crash come back?") before they speak of trouble.
#pragma once

#include "capture/base/result.h"

namespace crashreel {

enum ExitStatus : int {
  kExitDone = 0,        // done; for replay: the same crash came back
  kExitNoCrash = 1,     // it ran, no crash
  kExitUsage = 2,       // the command line can't be carried out as it stands: nonsense, or a file
                        // that can't be read, understood or written; mend it and try again
  kExitDifferent = 3,   // it crashed, but differently
  kExitFlaky = 4,       // it came back, but below the asked rate
  kExitNotStarted = 5,  // the target did not start, or can't be attached
  kExitDamaged = 6,     // the reel is damaged beyond use, or is none
  kExitFault = 70,      // a fault of crashreel itself

  // A verb that passes a program's own status through speaks of its own trouble above 124, as
  // env(1) does, so that the program's 2 is never mistaken for ours.
  kExitOwnTrouble = 125,
  kExitNotExecutable = 126,
  kExitNotFound = 127,
  kExitSignalBase = 128,  // plus the number of the signal that ended the program, as shells do
};

constexpr int exit_status_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::kTarget:
      return kExitNotStarted;
    case Trouble::kDamaged:
      return kExitDamaged;
    case Trouble::kUsage:
    case Trouble::kEnvironment:
      return kExitUsage;
  }
  return kExitFault;
}

}  // namespace crashreel
