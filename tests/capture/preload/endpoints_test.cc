// How endpoints are written, for every family and for addresses that are not whole.
#include "capture/preload/endpoints.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <string>

namespace crashreel {
namespace {

template <typename Address>
std::string formatted(const Address& address, std::size_t size = sizeof(Address),
                      std::size_t room = kMostEndpointText) {
  char text[kMostEndpointText];
  const std::size_t length = format_endpoint(reinterpret_cast<const sockaddr*>(&address),
                                             static_cast<socklen_t>(size), text, room);
  return {text, length};
}

sockaddr_in6 ip6(const char* text, std::uint16_t port) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  ::inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}

sockaddr_un named(const std::string& name) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);

TEST(Endpoints, AreHostAndPort) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(0x0a000102);
  address.sin_port = htons(6379);
  EXPECT_EQ(formatted(address), "10.0.1.2:6379");
  EXPECT_EQ(formatted(ip6("::1", 1)), "[::1]:1");
  EXPECT_EQ(formatted(ip6("2001:db8::ffff", 65535)), "[2001:db8::ffff]:65535");
}

TEST(Endpoints, OfUnixSocketsAreNames) {
  EXPECT_EQ(formatted(named("/run/a.sock")), "/run/a.sock");
  EXPECT_EQ(formatted(named(std::string("\0abstract", 9)), kNameAt + 9), "@abstract");
  EXPECT_EQ(formatted(named(""), kNameAt), "unnamed");
  const std::string longest(sizeof(sockaddr_un::sun_path), 'x');
  EXPECT_EQ(formatted(named(longest)), longest);
}

TEST(Endpoints, AreOneWordOfPrintableText) {
  EXPECT_EQ(formatted(named("/run/a b\n\\c\xff")), R"(/run/a\x20b\x0a\x5cc\xff)");
  EXPECT_EQ(formatted(named(std::string("\0a\0b", 4)), kNameAt + 4), R"(@a\x00b)");
  const std::string worst(sizeof(sockaddr_un::sun_path), '\1');
  EXPECT_EQ(formatted(named(worst)).size(), 4 * worst.size());
}

TEST(Endpoints, AreEmptyWhenTheAddressIsNotWhole) {
  EXPECT_EQ(formatted(ip6("::1", 1), sizeof(sockaddr_in)), "");
  sockaddr other = {};
  other.sa_family = AF_APPLETALK;
  EXPECT_EQ(formatted(other), "");
}

TEST(Endpoints, StopWhereTheRoomEnds) {
  EXPECT_EQ(formatted(ip6("2001:db8::ffff", 65535), sizeof(sockaddr_in6), 5), "[2001");
}

}  // namespace
}  // namespace crashreel
