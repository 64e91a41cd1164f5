#include "harness/passing.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace crashreel {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(kMostPassed * sizeof(int));

}  // namespace

bool send_message(int socket, const void* bytes, std::size_t size,
                  std::span<const int> descriptors) {
  iovec part = {const_cast<void*>(bytes), size};
  alignas(cmsghdr) char control[kControlBytes] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

ssize_t receive_message(int socket, void* bytes, std::size_t size, Passed& passed, int flags) {
  iovec part = {bytes, size};
  alignas(cmsghdr) char control[kControlBytes];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  } while (got < 0 && errno == EINTR);
  int descriptors[kMostPassed];
  std::fill(std::begin(descriptors), std::end(descriptors), -1);
  const cmsghdr* header = got < 0 ? nullptr : CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    std::memcpy(descriptors, CMSG_DATA(header),
                std::min(sizeof descriptors, header->cmsg_len - CMSG_LEN(0)));
  }
  for (std::size_t i = 0; i < kMostPassed; ++i) passed[i].reset(descriptors[i]);
  return got;
}

}  // namespace crashreel
