#include "harness/external/unix_diag.h"

#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "harness/external/netlink.h"
#include "harness/player/place.h"

namespace crashreel {
namespace {

// As the kernel numbers states, of unix sockets, too.
constexpr unsigned kAcceptsConnections = 10;
constexpr std::size_t kMostName = sizeof(sockaddr_un::sun_path);

struct UnixQuestion {
  nlmsghdr header = {};
  unix_diag_req request = {};
};

UnixQuestion unix_question(unsigned flags, unsigned wanted) {
  UnixQuestion asked;
  asked.header.nlmsg_len = sizeof asked;
  asked.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  asked.header.nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | flags);
  asked.request.sdiag_family = AF_UNIX;
  asked.request.udiag_states = ~0U;
  asked.request.udiag_show = wanted;
  // Any of that number.
  asked.request.udiag_cookie[0] = asked.request.udiag_cookie[1] = ~0U;
  return asked;
}

unix_diag_msg unix_told_in(const nlmsghdr& message) {
  unix_diag_msg told = {};
  std::memcpy(&told, NLMSG_DATA(&message), sizeof told);
  return told;
}

// Of a path its end is told as well, and may be something else.
std::string written_name(std::string_view told) {
  if (!told.empty() && told[0] == 0) return "@" + std::string(told.substr(1));
  return std::string(told.substr(0, told.find('\0')));
}

SocketName unix_name(std::string_view told) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::min(told.size(), kMostName);
  std::memcpy(address.sun_path, told.data(), size);
  SocketName name;
  std::memcpy(&name.address, &address, sizeof address);
  name.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  return name;
}

// One attribute of the socket of this inode; false: it has none, or there is no such socket.
bool ask_about(int netlink, std::uint32_t inode, unsigned wanted, unsigned type, void* to,
               std::size_t size) {
  UnixQuestion asked = unix_question(0, wanted);
  asked.request.udiag_ino = inode;
  bool found = false;
  ask_kernel(netlink, &asked, sizeof asked, [&](const nlmsghdr& message) {
    const std::string_view told = attribute_in(message, sizeof(unix_diag_msg), type);
    found = told.size() >= size;
    if (found) std::memcpy(to, told.data(), size);
  });
  return found;
}

bool has_other_end(int fd) {
  pollfd asked = {fd, 0, 0};
  return ::poll(&asked, 1, 0) == 0 || (asked.revents & POLLHUP) == 0;
}

}  // namespace

void add_unix_listeners(int netlink, std::vector<Listener>& found) {
  UnixQuestion asked = unix_question(NLM_F_DUMP, UDIAG_SHOW_NAME);
  asked.request.udiag_states = 1U << kAcceptsConnections;
  ask_kernel(netlink, &asked, sizeof asked, [&](const nlmsghdr& message) {
    const unix_diag_msg told = unix_told_in(message);
    const std::string_view name = attribute_in(message, sizeof told, UNIX_DIAG_NAME);
    if (told.udiag_type != SOCK_STREAM || name.empty()) return;
    const std::string written = written_name(name);
    const std::uint32_t place = place_of_path(written.data(), written.size());
    found.push_back({unix_name(name), place, told.udiag_ino});
  });
}

std::optional<Receipt> unix_receipt_of(int netlink, int ours) {
  struct stat status = {};
  std::uint32_t peer = 0;
  if (!has_other_end(ours) || ::fstat(ours, &status) != 0) return std::nullopt;
  const auto inode = static_cast<std::uint32_t>(status.st_ino);
  if (!ask_about(netlink, inode, UDIAG_SHOW_PEER, UNIX_DIAG_PEER, &peer, sizeof peer)) {
    return std::nullopt;
  }
  // Who has not been accepted has no inode.
  Receipt receipt = {.accepted = peer != 0, .open = true, .ended = true};
  unix_diag_rqlen queued = {};
  if (peer != 0 &&
      !ask_about(netlink, peer, UDIAG_SHOW_RQLEN, UNIX_DIAG_RQLEN, &queued, sizeof queued)) {
    return std::nullopt;
  }
  receipt.unread = queued.udiag_rqueue;
  return receipt;
}

}  // namespace crashreel
