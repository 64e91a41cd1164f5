#include "harness/player/passing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"

namespace crashreel::player {

ssize_t send_with(int socket, const void* bytes, size_t size, const int* descriptors, int count) {
  iovec part = {const_cast<void*>(bytes), size};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostPassed * sizeof(int))] = {};
  const size_t passed = static_cast<size_t>(count) * sizeof(int);
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(passed);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(passed);
    ::memcpy(CMSG_DATA(header), descriptors, passed);
  }
  return own_syscall(SYS_sendmsg, socket, &message, MSG_NOSIGNAL);
}

ssize_t receive_with(int socket, void* bytes, size_t size, Passed* passed) {
  iovec part = {bytes, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof passed->descriptors)];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    got = own_syscall(SYS_recvmsg, socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  for (int& descriptor : passed->descriptors) descriptor = -1;
  const cmsghdr* header = got < 0 ? nullptr : CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    const size_t given = header->cmsg_len - CMSG_LEN(0);
    const size_t most = sizeof passed->descriptors;
    ::memcpy(passed->descriptors, CMSG_DATA(header), given < most ? given : most);
  }
  return got;
}

}  // namespace crashreel::player
