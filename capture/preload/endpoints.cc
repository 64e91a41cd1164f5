#include "capture/preload/endpoints.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/preload/line.h"

namespace crashreel {
namespace {

template <typename Wanted>
bool view_as(const sockaddr* address, socklen_t size, Wanted* view) {
  if (size < sizeof(Wanted)) return false;
  ::memcpy(view, address, sizeof(Wanted));
  return true;
}

void add_unix_name(const sockaddr* address, socklen_t size, Line* line) {
  constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);
  const char* name = reinterpret_cast<const char*>(address) + kNameAt;
  const std::size_t length = size <= kNameAt ? 0 : size - kNameAt;
  if (length != 0 && name[0] == '\0') {
    line->add("@");
    line->add_name(name + 1, length - 1);
  } else if (length != 0) {
    line->add_name(name, ::strnlen(name, length));
  } else {
    line->add("unnamed");
  }
}

const char* name_of(Transport transport) {
  switch (transport) {
    case Transport::kTcp:
      return "tcp";
    case Transport::kUdp:
      return "udp";
    case Transport::kUnix:
      return "unix";
    case Transport::kUnixSeqpacket:
      return "unix-seqpacket";
    case Transport::kUnixDatagram:
      return "unix-datagram";
    case Transport::kNone:
      break;
  }
  return "unknown";
}

int option_of(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_unnamed(const Address& address) {
  return address.bytes->sa_family == AF_UNIX && address.size <= offsetof(sockaddr_un, sun_path);
}

void add_endpoint(const Address& address, Line* line) {
  char endpoint[kMostEndpointText];
  const std::size_t length =
      format_endpoint(address.bytes, address.size, endpoint, sizeof(endpoint));
  if (length == 0) return;
  line->add(" ");
  line->add(endpoint, length);
}

void add_inherited(int fd, Line* line) {
  if (fd < 0) return;
  line->add(" fd:");
  line->add_number(static_cast<std::uint32_t>(fd));
}

// A connection's other side has often no name, or has gone already and has none any more.
void add_peer(int fd, const Opening& opening, Line* line) {
  if (opening.peer != nullptr) return add_endpoint(*opening.peer, line);
  sockaddr_storage storage;
  Address peer{reinterpret_cast<sockaddr*>(&storage), sizeof(storage)};
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &peer.size) != 0) return;
  if (!is_unnamed(peer) || opening.outbound) add_endpoint(peer, line);
}

}  // namespace

std::size_t format_endpoint(const sockaddr* address, socklen_t size, char* text,
                            std::size_t capacity) {
  Line line(text, capacity);
  char host[INET6_ADDRSTRLEN];
  sockaddr_in ip4;
  sockaddr_in6 ip6;
  if (address->sa_family == AF_INET && view_as(address, size, &ip4)) {
    ::inet_ntop(AF_INET, &ip4.sin_addr, host, sizeof(host));
    line.add(host);
    line.add(":");
    line.add_number(ntohs(ip4.sin_port));
  } else if (address->sa_family == AF_INET6 && view_as(address, size, &ip6)) {
    ::inet_ntop(AF_INET6, &ip6.sin6_addr, host, sizeof(host));
    line.add("[");
    line.add(host);
    line.add("]:");
    line.add_number(ntohs(ip6.sin6_port));
  } else if (address->sa_family == AF_UNIX) {
    add_unix_name(address, size, &line);
  }
  return line.size();
}

Transport transport_of(int fd) {
  const int type = option_of(fd, SO_TYPE);
  switch (option_of(fd, SO_DOMAIN)) {
    case AF_INET:
    case AF_INET6:
      if (type == SOCK_DGRAM) {
        return option_of(fd, SO_PROTOCOL) == IPPROTO_UDP ? Transport::kUdp : Transport::kNone;
      }
      return type == SOCK_STREAM ? Transport::kTcp : Transport::kNone;
    case AF_UNIX:
      if (type == SOCK_DGRAM) return Transport::kUnixDatagram;
      return type == SOCK_SEQPACKET ? Transport::kUnixSeqpacket : Transport::kUnix;
    default:
      return Transport::kNone;
  }
}

std::size_t describe_socket(int fd, Transport transport, const Opening& opening, char* text,
                            std::size_t capacity) {
  Line line(text, capacity);
  line.add(name_of(transport));
  if (opening.tls) line.add("+tls");
  line.add(opening.outbound ? " outbound" : " inbound");
  sockaddr_storage storage;
  Address local{reinterpret_cast<sockaddr*>(&storage), sizeof(storage)};
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &local.size) == 0) {
    add_endpoint(local, &line);
  }
  add_peer(fd, opening, &line);
  add_inherited(opening.inherited_fd, &line);
  return line.size();
}

std::size_t describe_pipe(int fd, int inherited_fd, char* text, std::size_t capacity) {
  char link[32];
  Line link_line(link, sizeof(link) - 1);
  link_line.add("/proc/self/fd/");
  link_line.add_number(static_cast<std::uint32_t>(fd));
  link[link_line.size()] = '\0';
  char path[kMostEndpointText];
  const ssize_t size = ::readlink(link, path, sizeof(path));

  Line line(text, capacity);
  line.add(inherited_fd == STDIN_FILENO ? "stdin inbound" : "pipe inbound");
  if (size > 0 && path[0] == '/') {
    line.add(" ");
    line.add_name(path, static_cast<std::size_t>(size));
  }
  if (inherited_fd != STDIN_FILENO) add_inherited(inherited_fd, &line);
  return line.size();
}

}  // namespace crashreel
