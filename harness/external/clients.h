// Our ends of the sessions of a program that is fed from outside.
//
// Real sockets, made where the program lives; what it answers is taken as it comes, and noted in
// the script as a player would note it (player/ends.h, player/step_answers.h). Knows no process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "capture/base/owned_fd.h"
#include "capture/runtime/output_digest.h"
#include "harness/external/socket_diag.h"
#include "harness/player/script.h"
#include "harness/player/session_digest.h"

namespace crashreel {

class Clients {
 public:
  // Of the script's sessions; it outlives this, and is written to.
  explicit Clients(ScriptHeader& script);

  // Takes the socket and connects it: at once, or in progress where the listener's queue is full.
  void open(std::uint32_t session, OwnedFd socket, const SocketName& to, bool datagrams);
  bool is_open(std::uint32_t session) const { return bool(sessions_[session].fd); }

  // How much of it is on its way; empty: nobody takes it any more.
  std::optional<std::size_t> send(std::uint32_t session, const char* bytes, std::size_t size);
  // There will be no more from us.
  void end(std::uint32_t session);
  // We are gone altogether: a TCP connection is reset.
  void reset(std::uint32_t session);

  // What is answered in the session from now on is the answer to this step.
  void begin_answer(std::uint32_t session, std::uint32_t step);
  void end_answers();
  // Nobody was there to read what this step brings.
  void note_undelivered(std::uint32_t step);
  // Takes what was answered; how many bytes.
  std::size_t take(std::uint32_t session);
  std::size_t take_all();

  // Has the program read all that it was sent in this session, and have its answers come to us? Of
  // one just opened: has it accepted it? Of one that we have ended: was it told?
  enum class Settled { kYes, kNo, kIfItRan };  // the last: nothing is unread
  Settled settled(std::uint32_t session, SocketDiag& kernel) const;
  bool has_datagrams() const;
  // Of the open connections, how much of what they were sent was never read.
  void note_unread(SocketDiag& kernel);
  // A datagram of so many bytes that has this sender was not.
  void note_unread_datagram(const SocketName& from, std::uint64_t bytes);

 private:
  struct Session {
    OwnedFd fd;
    SocketName ours;
    SocketName theirs;
    bool datagrams = false;
    bool ended = false;  // by us
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint32_t step = 0;  // whose answer is being taken, its number + 1; 0: none
    SessionDigest digest;
    OutputDigest answer;
  };

  static std::optional<Receipt> receipt_of(const Session& session, SocketDiag& kernel);
  StepAnswer* answer_to(std::uint32_t step);
  void end_answer(Session& session);
  void note_answer(std::uint32_t session, const char* bytes, std::size_t size);
  void hang_up(Session& session);

  ScriptHeader& script_;
  std::vector<Session> sessions_;
  OwnedFd ready_;  // epoll set of those that are open
};

}  // namespace crashreel
