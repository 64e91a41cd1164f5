// The steps of a script, performed from outside (outside.h), one by one when the caller says so.
//
// Sockets, and what is answered on them. Does not know when a program is at rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "harness/external/clients.h"
#include "harness/external/listeners.h"
#include "harness/external/socket_diag.h"
#include "harness/external/tasks.h"
#include "harness/instance.h"
#include "harness/player/script.h"

namespace crashreel {

class OutsideSteps {
 public:
  // Both outlive this; the script is written to.
  OutsideSteps(Instance& instance, ScriptHeader& script)
      : instance_(instance), script_(script), clients_(script) {}

  // Errors of these, and of perform_next(): Trouble::kTarget where the instance ends just now, else
  // trouble of this machine. The kernel is asked from within the program's network.
  Result<void> prepare();
  // Where sessions will go. False: these processes listen nowhere yet.
  Result<bool> find_listeners(const std::vector<TaskSeen>& seen);

  bool are_over() const { return script_.performed == script_.step_count; }
  // Or, where the program's queue was full, the rest of it.
  Result<void> perform_next(const std::vector<TaskSeen>& seen);
  // What the last one brought. Takes what was answered until now.
  Clients::Settled settled();
  // It is over, and none of these will read any more: what has none of them read?
  void note_unread(const std::vector<TaskSeen>& seen);
  // Why that is not known; empty: it is.
  std::string unread_unknown() const;
  void finish(const std::vector<TaskSeen>& seen);

 private:
  const Step& next() const;
  Result<void> open(const Step& step, const std::vector<TaskSeen>& seen);
  void send(const Step& step);
  void note_undelivered();
  bool is_in_pieces() const { return refusals_ != 0 || payload_sent_ != 0; }

  Instance& instance_;
  ScriptHeader& script_;
  Clients clients_;
  std::optional<SocketDiag> kernel_;
  std::vector<Listener> listeners_;
  std::optional<std::uint32_t> session_;  // of the step that was performed last
  int refusals_ = 0;                      // of the payload in hand
  std::uint32_t payload_sent_ = 0;
  int datagrams_refused_ = 0;  // errno
};

}  // namespace crashreel
