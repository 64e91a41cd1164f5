#include "harness/holder.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "capture/base/errno_error.h"

namespace crashreel {
namespace {

// The note, and the descriptors that came with it; false: whoever told has ended.
bool hear(int fd, HoldNote& note, OwnedFd (&passed)[2]) {
  iovec part = {&note, sizeof note};
  int descriptors[2] = {-1, -1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    got = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* header = got < 0 ? nullptr : CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    std::memcpy(descriptors, CMSG_DATA(header),
                std::min(sizeof descriptors, header->cmsg_len - CMSG_LEN(0)));
  }
  passed[0].reset(descriptors[0]);
  passed[1].reset(descriptors[1]);
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
  OwnedFd passed[2];
  if (!hear(ours_.get(), note, passed) || note.mark >= held_.before.size()) return ours_.reset();
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
