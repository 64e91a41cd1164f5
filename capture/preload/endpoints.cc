#include "capture/preload/endpoints.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include <cstdint>

namespace crashreel {
namespace {

// Appends as much as there is room for.
class Line {
 public:
  Line(char* text, std::size_t capacity) : text_(text), capacity_(capacity) {}

  void add(const char* bytes, std::size_t size) {
    if (size > capacity_ - size_) size = capacity_ - size_;
    ::memcpy(text_ + size_, bytes, size);
    size_ += size;
  }
  void add(const char* word) { add(word, ::strlen(word)); }
  void add_number(std::uint32_t number) {
    char digits[10];
    std::size_t first = sizeof(digits);
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    add(digits + first, sizeof(digits) - first);
  }
  std::size_t size() const { return size_; }

 private:
  char* text_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

template <typename Address>
bool view_as(const sockaddr* address, socklen_t size, Address* view) {
  if (size < sizeof(Address)) return false;
  ::memcpy(view, address, sizeof(Address));
  return true;
}

void add_unix_name(const sockaddr* address, socklen_t size, Line* line) {
  constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);
  if (size <= kNameAt) return;
  const char* name = reinterpret_cast<const char*>(address) + kNameAt;
  const std::size_t length = size - kNameAt;
  if (name[0] == '\0') {
    line->add("@");
    line->add(name + 1, length - 1);
  } else {
    line->add(name, ::strnlen(name, length));
  }
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

std::size_t describe_accepted(int fd, char* text, std::size_t capacity) {
  sockaddr_storage local;
  auto* local_address = reinterpret_cast<sockaddr*>(&local);
  socklen_t local_size = sizeof(local);
  if (::getsockname(fd, local_address, &local_size) != 0) return 0;
  const bool is_unix = local.ss_family == AF_UNIX;
  if (!is_unix && local.ss_family != AF_INET && local.ss_family != AF_INET6) return 0;

  Line line(text, capacity);
  char endpoint[kMostEndpointText];
  line.add(is_unix ? "unix inbound" : "tcp inbound");
  std::size_t length = format_endpoint(local_address, local_size, endpoint, sizeof(endpoint));
  if (length != 0) line.add(" ");
  line.add(endpoint, length);
  if (is_unix) return line.size();

  // A peer that has already gone has no address any more; its bytes may still be there.
  sockaddr_storage peer;
  auto* peer_address = reinterpret_cast<sockaddr*>(&peer);
  socklen_t peer_size = sizeof(peer);
  if (::getpeername(fd, peer_address, &peer_size) == 0) {
    length = format_endpoint(peer_address, peer_size, endpoint, sizeof(endpoint));
    line.add(" ");
    line.add(endpoint, length);
  }
  return line.size();
}

}  // namespace crashreel
