#include "harness/holder.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace crashreel {
namespace {

void close_once(int& fd) {
  if (fd >= 0) ::close(std::exchange(fd, -1));
}

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
    return Error{Trouble::kEnvironment, std::string("socketpair: ") + std::strerror(errno)};
  }
  return Holder(server, held, ends[0], ends[1]);
}

Holder::Holder(Holder&& other) noexcept
    : server_(other.server_),
      held_(other.held_),
      ours_(std::exchange(other.ours_, -1)),
      theirs_(std::exchange(other.theirs_, -1)) {}

Holder::~Holder() {
  close_once(ours_);
  close_once(theirs_);
}

void Holder::close_their_end() {
  close_once(theirs_);
}

void Holder::take() {
  HoldNote note = {};
  int socket = -1;
  if (!hear(ours_, note, socket) || note.mark >= held_.before.size()) {
    if (socket >= 0) ::close(socket);
    return close_once(ours_);
  }
  const std::size_t step = held_.before[note.mark];
  auto server = server_.take(note, socket, step);
  if (server) {
    held_.servers.emplace(step, std::move(*server));
  } else {
    held_.refusal = server.error().message;
  }
  const char go_on = 1;
  if (::send(ours_, &go_on, 1, MSG_NOSIGNAL) != 1) close_once(ours_);
}

}  // namespace crashreel
