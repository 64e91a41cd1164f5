#include "harness/external/socket_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>  // has more of tcp_info than libc's
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "capture/base/errno_error.h"
#include "harness/external/netlink.h"
#include "harness/external/unix_diag.h"
#include "harness/player/place.h"

namespace crashreel {
namespace {

// As the kernel numbers them; <netinet/tcp.h> can't be had beside <linux/tcp.h>.
constexpr unsigned kEstablished = 1;
constexpr unsigned kSynReceived = 3;
constexpr unsigned kUnconnected = 7;  // of datagrams: TCP_CLOSE
constexpr unsigned kCloseWait = 8;
constexpr unsigned kListens = 10;

struct Question {
  nlmsghdr header = {};
  inet_diag_req_v2 request = {};
};

Question question(int family, bool datagrams, unsigned flags) {
  Question asked;
  asked.header.nlmsg_len = sizeof asked;
  asked.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  asked.header.nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | flags);
  asked.request.sdiag_family = static_cast<__u8>(family);
  asked.request.sdiag_protocol = datagrams ? IPPROTO_UDP : IPPROTO_TCP;
  return asked;
}

// Network order.
std::uint16_t port_of(const SocketName& name) {
  sockaddr_in6 v6 = {};
  sockaddr_in v4 = {};
  std::memcpy(&v4, &name.address, sizeof v4);
  std::memcpy(&v6, &name.address, sizeof v6);
  return name.address.ss_family == AF_INET ? v4.sin_port : v6.sin6_port;
}

void put_host(const SocketName& name, __be32 (&to)[4]) {
  sockaddr_in6 v6 = {};
  sockaddr_in v4 = {};
  std::memcpy(&v4, &name.address, sizeof v4);
  std::memcpy(&v6, &name.address, sizeof v6);
  if (name.address.ss_family == AF_INET) {
    to[0] = v4.sin_addr.s_addr;
  } else {
    std::memcpy(to, &v6.sin6_addr, sizeof v6.sin6_addr);
  }
}

// Whom to connect to: of a socket that listens everywhere, the loopback.
SocketName name_of(const inet_diag_msg& told) {
  SocketName name;
  if (told.idiag_family == AF_INET) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = told.id.idiag_sport;
    v4.sin_addr.s_addr = told.id.idiag_src[0];
    if (v4.sin_addr.s_addr == htonl(INADDR_ANY)) v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memcpy(&name.address, &v4, sizeof v4);
    name.size = sizeof v4;
    return name;
  }
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = told.id.idiag_sport;
  std::memcpy(&v6.sin6_addr, told.id.idiag_src, sizeof v6.sin6_addr);
  if (IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) v6.sin6_addr = in6addr_loopback;
  std::memcpy(&name.address, &v6, sizeof v6);
  name.size = sizeof v6;
  return name;
}

inet_diag_msg told_in(const nlmsghdr& message) {
  inet_diag_msg told = {};
  const std::size_t size = message.nlmsg_len - NLMSG_LENGTH(0);
  std::memcpy(&told, NLMSG_DATA(&message), std::min(size, sizeof told));
  return told;
}

tcp_info info_in(const nlmsghdr& message) {
  tcp_info info = {};
  const std::string_view told = attribute_in(message, sizeof(inet_diag_msg), INET_DIAG_INFO);
  if (!told.empty()) std::memcpy(&info, told.data(), std::min(told.size(), sizeof info));
  return info;
}

// A datagram's socket is looked for by whom it would have something from.
void name_both_ends(inet_diag_sockid& id, const SocketName& theirs, const SocketName& ours,
                    bool datagrams) {
  const SocketName& first = datagrams ? ours : theirs;
  const SocketName& second = datagrams ? theirs : ours;
  id.idiag_sport = port_of(first);
  put_host(first, id.idiag_src);
  id.idiag_dport = port_of(second);
  put_host(second, id.idiag_dst);
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

}  // namespace

Result<std::vector<Listener>> SocketDiag::listeners() {
  std::vector<Listener> found;
  for (const bool datagrams : {false, true}) {
    for (const int family : {AF_INET, AF_INET6}) {
      const auto added = add_listeners(family, datagrams, found);
      // Kernels may have no datagrams, or no IPv6, to tell of.
      if (!added && !datagrams && family == AF_INET) return added.error();
    }
  }
  add_unix_listeners(netlink_.get(), found);
  std::sort(found.begin(), found.end(),
            [](const Listener& a, const Listener& b) { return a.inode < b.inode; });
  return found;
}

Result<void> SocketDiag::add_listeners(int family, bool datagrams, std::vector<Listener>& found) {
  Question asked = question(family, datagrams, NLM_F_DUMP);
  asked.request.idiag_states = 1U << (datagrams ? kUnconnected : kListens);
  const bool answered =
      ask_kernel(netlink_.get(), &asked, sizeof asked, [&](const nlmsghdr& message) {
        const inet_diag_msg told = told_in(message);
        if (told.id.idiag_sport == 0) return;
        const std::uint32_t place = place_of_port(ntohs(told.id.idiag_sport), datagrams);
        found.push_back({name_of(told), place, told.idiag_inode});
      });
  if (answered) return {};
  return errno_error("asking the kernel who listens (sock_diag)",
                     "load its modules: modprobe -a inet_diag tcp_diag udp_diag");
}

std::optional<Receipt> SocketDiag::receipt_of(const SocketName& theirs, const SocketName& ours,
                                              bool datagrams) {
  Question asked = question(theirs.address.ss_family, datagrams, 0);
  asked.request.idiag_ext = 1 << (INET_DIAG_INFO - 1);
  asked.request.idiag_states = ~0U;
  name_both_ends(asked.request.id, theirs, ours, datagrams);
  std::optional<Receipt> receipt;
  ask_kernel(netlink_.get(), &asked, sizeof asked, [&](const nlmsghdr& message) {
    const inet_diag_msg told = told_in(message);
    if (told.idiag_state == kListens) return;  // the connection itself is gone
    const unsigned state = told.idiag_state;
    const bool open = state == kEstablished || state == kSynReceived || state == kCloseWait;
    const tcp_info info = info_in(message);
    receipt = Receipt{.accepted = told.idiag_inode != 0,
                      .open = open || datagrams,
                      .ended = state != kEstablished && state != kSynReceived,
                      .received = info.tcpi_bytes_received,
                      .unread = told.idiag_rqueue,
                      .written = info.tcpi_bytes_acked + (datagrams ? 0 : told.idiag_wqueue)};
  });
  return receipt;
}

std::optional<Receipt> SocketDiag::unix_receipt_of(int ours) {
  return crashreel::unix_receipt_of(netlink_.get(), ours);
}

}  // namespace crashreel
