#include "harness/external/netlink.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace crashreel {
namespace {

constexpr std::size_t kMostAnswer = 32 * 1024;

// Until the last message of an answer was seen.
bool read_answer(int fd, bool many, const std::function<void(const nlmsghdr&)>& each) {
  alignas(nlmsghdr) char room[kMostAnswer];
  for (;;) {
    const ssize_t got = ::recv(fd, room, sizeof room, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    auto left = static_cast<unsigned>(got);
    const auto* message = reinterpret_cast<const nlmsghdr*>(room);
    for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return true;
      if (message->nlmsg_type == NLMSG_ERROR) {
        nlmsgerr error = {};
        std::memcpy(&error, NLMSG_DATA(message), sizeof error);
        errno = -error.error;
        return false;
      }
      each(*message);
      if (!many) return true;
    }
  }
}

}  // namespace

bool ask_kernel(int netlink, const void* question, std::size_t size,
                const std::function<void(const nlmsghdr&)>& each) {
  nlmsghdr header = {};
  std::memcpy(&header, question, sizeof header);
  const bool many = (header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  return ::send(netlink, question, size, 0) == static_cast<ssize_t>(size) &&
         read_answer(netlink, many, each);
}

std::string_view attribute_in(const nlmsghdr& message, std::size_t begins_with, unsigned type) {
  const auto* base = reinterpret_cast<const char*>(&message);
  const auto* entry = reinterpret_cast<const rtattr*>(base + NLMSG_SPACE(begins_with));
  auto left = static_cast<int>(message.nlmsg_len) - static_cast<int>(NLMSG_SPACE(begins_with));
  for (; RTA_OK(entry, left); entry = RTA_NEXT(entry, left)) {
    if (entry->rta_type != type) continue;
    return {reinterpret_cast<const char*>(RTA_DATA(entry)), RTA_PAYLOAD(entry)};
  }
  return {};
}

}  // namespace crashreel
