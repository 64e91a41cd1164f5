// How is a program fed into which no player can be loaded?
//
// From outside: static programs, those that make their system calls themselves, set-user-ID ones. A
// thread of crashreel does what the player does inside others (player/stage.h), and notes it in the
// same script, so that whoever reads an outcome does not know the difference:
//
//   1. The program is started like any other, without a player, and each of its tasks is traced,
//      for the sake of its end alone. It binds its own ports for real, in a network of its own.
//   2. Once it is at rest and listens, the steps are performed one by one, each over a real socket
//      that its keeper has made where the program lives. A session goes to the listener whose port
//      (or path) was recorded; where nobody has that one by then, to the first.
//   3. A step is done when what it brought is settled AND the instance is at rest, in that order:
//      - settled: every byte of the session has come to the program's socket, and was read there;
//        every byte that the program wrote to it has come to us (SocketDiag counts both). A
//        connection was accepted; a hang-up was told.
//      - at rest: two looks in a row at every task, a rest between them (TaskWatch).
//      Who has read the input and waits again has done with it what it will do without a timer.
//   4. A program at rest that does not take what it was given will not take it without something
//      else: the next step comes nevertheless, when none of its tasks waits with a time-out, or for
//      a timer that is a descriptor, or when all of those that do have been up once and did not
//      take it either; or after a quarter of what counts as a hang.
//   5. A task that runs on and on ends the try as a hang (watchdog.h), by its processor time.
//   6. Who dies is stopped before that: its sockets are still there, and tell what it left unread.
//
// No wait in it is for time to pass: between looks the processor is given away, and nothing more.
// There is no virtual clock: timers run in real time, a pause in the reel is none in the replay,
// and a program that sleeps with an input in hand is taken for idle. Random bytes are the
// program's own. Whom the program calls itself is not there.
#pragma once

#include <optional>
#include <string>

#include "capture/base/result.h"
#include "harness/feed.h"
#include "harness/instance.h"
#include "harness/sequence.h"
#include "harness/try.h"
#include "harness/watchdog.h"

namespace crashreel {

struct OutsideEnd {
  Wait wait = Wait::kEnded;
  ProcessEnd end;  // as if the program had ended by itself: what killed it, or 0 where it lived on
  std::string unread_unknown;  // why nobody could see what it left unread; empty: all was seen
};

// From an instance that was just started until nothing of it is left. `feed` for programs on their
// standard input, else null. Errors are trouble of this machine.
Result<OutsideEnd> feed_from_outside(Instance& instance, Script& script, StdinFeed* feed,
                                     const TryOptions& options);

}  // namespace crashreel
