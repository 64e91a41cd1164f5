#include "harness/holder.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "capture/base/errno_error.h"

namespace crashreel {
namespace {

// The note, and the descriptor that came with it; false: whoever told has ended.
bool hear(int fd, HoldNote& note, int& socket) {
  iovec part = {&note, sizeof note};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof socket)];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    got = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    std::memcpy(&socket, CMSG_DATA(header), sizeof socket);
  }
  return got == sizeof note;
}

}  // namespace

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
  int socket = -1;
  if (!hear(ours_.get(), note, socket) || note.mark >= held_.before.size()) {
    if (socket >= 0) ::close(socket);
    return ours_.reset();
  }
  const std::size_t step = held_.before[note.mark];
  auto server = server_.take(note, socket, step);
  if (server) {
    held_.servers.emplace(step, std::move(*server));
  } else {
    held_.refusal = server.error().message;
  }
  const char go_on = 1;
  if (::send(ours_.get(), &go_on, 1, MSG_NOSIGNAL) != 1) ours_.reset();
}

}  // namespace crashreel
