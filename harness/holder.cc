#include "harness/holder.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "capture/base/errno_error.h"
#include "harness/passing.h"

namespace crashreel {

Result<Holder> Holder::create(ForkServer& server, Held& held) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error("socketpair");
  }
  return Holder(server, held, OwnedFd(ends[0]), OwnedFd(ends[1]));
}

void Holder::close_their_end() {
  theirs_.reset();
}

void Holder::take() {
  HoldNote note = {};
  Passed passed;
  const bool heard = receive_message(ours_.get(), &note, sizeof note, passed) == sizeof note;
  if (!heard || note.mark >= held_.before.size()) return ours_.reset();
  const std::size_t step = held_.before[note.mark];
  auto server = server_.take(note, std::move(passed[0]), std::move(passed[1]), step);
  if (server) {
    held_.servers.emplace(step, std::move(*server));
  } else {
    held_.refusal = server.error().message;
  }
  const char go_on = 1;
  if (::send(ours_.get(), &go_on, 1, MSG_NOSIGNAL) != 1) ours_.reset();
}

}  // namespace crashreel
