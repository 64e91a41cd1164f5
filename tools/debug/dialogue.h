// What do gdb and crashreel tell each other while somebody debugs?
//
// gdb's part (crashreel_gdb/dialogue.py) asks, one JSON object a message on a SOCK_SEQPACKET
// socket, and gets one for an answer. "ask" says what:
//
//   hello                   how many inputs there are, whether the program is fed on its standard
//                           input, and where the instance stands that was made first
//   go {input, fresh}       another instance, which stands before that input; the one that gdb has
//                           must be gone before
//   until {input}           it may go on, and stops before this and each input that follows
//   on                      it may go on to its end
//   at                      before which input it is; whether it ended because it lacked a thread
//   inputs {from, to}       a line an input, as `crashreel show --inputs` has them
//
// An answer with "error" says what went wrong, for people.
#pragma once

#include <string>

#include "tools/debug/question.h"
#include "tools/json.h"
#include "tools/pipeline/debuggee.h"

namespace crashreel {

// The name of gdb's end of the socket in its environment: a descriptor's number.
inline constexpr char kDialogueEnv[] = "CRASHREEL_DEBUG";

class Dialogue {
 public:
  // All must outlive it. `first`: where the instance stands. What gdb prints is for a program where
  // it talks its machine interface.
  Dialogue(int socket, Debuggee& debuggee, DebuggedPlace first, bool machine_interface)
      : socket_(socket),
        debuggee_(debuggee),
        first_(first),
        machine_interface_(machine_interface) {}

  // A message is there, or the other end is closed: then false.
  bool hear_one();
  bool was_greeted() const { return greeted_; }

  // What is answered to a message, whatever bytes it is.
  std::string answer_to(const std::string& message);

 private:
  Json answer(const Question& question);
  Json hello() const;
  Json go(const Question& question);
  Json until(const Question& question);
  Json at() const;
  Json inputs(const Question& question) const;
  bool is_place(const Question& question) const;
  Json place(const DebuggedPlace& place) const;

  int socket_;
  Debuggee& debuggee_;
  DebuggedPlace first_;
  bool machine_interface_;
  bool greeted_ = false;
};

}  // namespace crashreel
