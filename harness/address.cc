#include "harness/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace crashreel {
namespace {

template <typename Name>
Name view_as(const sockaddr_storage& address) {
  Name name;
  std::memcpy(&name, &address, sizeof name);
  return name;
}

std::string host_text(int family, const void* host) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family, host, text, sizeof text);
  return text;
}

std::string path_text(const sockaddr_un& name, std::size_t size) {
  std::string path(name.sun_path, std::min(size, sizeof name.sun_path));
  if (!path.empty() && path.front() == 0) path.front() = '@';
  path = path.substr(0, path.find('\0'));
  std::replace_if(path.begin(), path.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return path;
}

}  // namespace

std::string address_text(const sockaddr_storage& address, std::size_t size) {
  if (address.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    const auto name = view_as<sockaddr_in>(address);
    return host_text(AF_INET, &name.sin_addr) + ":" + std::to_string(ntohs(name.sin_port));
  }
  if (address.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const auto name = view_as<sockaddr_in6>(address);
    return "[" + host_text(AF_INET6, &name.sin6_addr) +
           "]:" + std::to_string(ntohs(name.sin6_port));
  }
  constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);
  if (address.ss_family == AF_UNIX && size > kNameAt) {
    return path_text(view_as<sockaddr_un>(address), size - kNameAt);
  }
  return "somebody";
}

}  // namespace crashreel
