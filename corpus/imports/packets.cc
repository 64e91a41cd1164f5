#include "corpus/imports/packets.h"

#include <arpa/inet.h>
#include <pcap/dlt.h>

#include <algorithm>

namespace crashreel {
namespace {

constexpr int kDltLinuxSll2 = 276;
constexpr int kDltIpv4 = 228;
constexpr int kDltIpv6 = 229;
constexpr std::uint32_t kEtherIpv4 = 0x0800, kEtherIpv6 = 0x86dd;
constexpr std::uint32_t kEtherVlan = 0x8100, kEtherVlanOfVlans = 0x88a8;
constexpr std::uint8_t kTcp = 6, kUdp = 17;
constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kDestination = 60;

std::uint32_t be(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// What stands behind the link's header; empty where it is no IP.
std::string_view behind_ethernet(std::string_view bytes) {
  std::size_t at = 12;
  while (bytes.size() >= at + 2) {
    const std::uint32_t type = be(bytes, at, 2);
    if (type == kEtherIpv4 || type == kEtherIpv6) return bytes.substr(at + 2);
    if (type != kEtherVlan && type != kEtherVlanOfVlans) return {};
    at += 4;
  }
  return {};
}

std::string_view behind(std::string_view bytes, std::size_t header) {
  return bytes.size() < header ? std::string_view() : bytes.substr(header);
}

std::string_view behind_link(int link, std::string_view bytes) {
  switch (link) {
    case DLT_EN10MB:
      return behind_ethernet(bytes);
    case DLT_RAW:
    case kDltIpv4:
    case kDltIpv6:
      return bytes;
    case DLT_NULL:
    case DLT_LOOP:
      return behind(bytes, 4);
    case DLT_LINUX_SLL:
      return behind(bytes, 16);
    case kDltLinuxSll2:
      return behind(bytes, 20);
    default:
      return {};
  }
}

// The part of an IP packet behind its header, and how many bytes of it there should be.
struct IpContent {
  std::uint8_t protocol = 0;
  std::string_view bytes;
  std::size_t claimed = 0;
  bool fragment = false;
};

std::optional<IpContent> open_v4(std::string_view bytes, CapturedPacket& packet) {
  if (bytes.size() < 20) return std::nullopt;
  const std::size_t header = (be(bytes, 0, 1) & 15) * 4;
  std::size_t total = be(bytes, 2, 2);
  if (total == 0) total = bytes.size();  // segmented by the network card, later
  if (header < 20 || total < header || bytes.size() < header) return std::nullopt;
  packet.from = bytes.substr(12, 4);
  packet.to = bytes.substr(16, 4);
  IpContent content;
  content.protocol = static_cast<std::uint8_t>(bytes[9]);
  content.fragment = (be(bytes, 6, 2) & 0x3fff) != 0;
  content.claimed = total - header;
  content.bytes = bytes.substr(header, content.claimed);
  return content;
}

std::optional<IpContent> open_v6(std::string_view bytes, CapturedPacket& packet) {
  if (bytes.size() < 40) return std::nullopt;
  packet.from = bytes.substr(8, 16);
  packet.to = bytes.substr(24, 16);
  IpContent content;
  content.protocol = static_cast<std::uint8_t>(bytes[6]);
  content.claimed = be(bytes, 4, 2);
  if (content.claimed == 0) content.claimed = bytes.size() - 40;
  content.bytes = bytes.substr(40, content.claimed);
  while (content.protocol == kHopByHop || content.protocol == kRouting ||
         content.protocol == kDestination) {
    if (content.bytes.size() < 8) return std::nullopt;
    const std::size_t size = 8 + 8 * std::size_t{be(content.bytes, 1, 1)};
    if (content.bytes.size() < size) return std::nullopt;
    content.protocol = static_cast<std::uint8_t>(content.bytes[0]);
    content.bytes.remove_prefix(size);
    content.claimed -= size;
  }
  content.fragment = content.protocol == kFragment;
  return content;
}

bool open_transport(const IpContent& content, CapturedPacket& packet) {
  const std::string_view bytes = content.bytes;
  const bool tcp = content.protocol == kTcp;
  if (bytes.size() < (tcp ? 20U : 8U)) return false;
  packet.kind = tcp ? CapturedPacket::Kind::kTcp : CapturedPacket::Kind::kUdp;
  packet.from_port = static_cast<std::uint16_t>(be(bytes, 0, 2));
  packet.to_port = static_cast<std::uint16_t>(be(bytes, 2, 2));
  const std::size_t header = tcp ? (be(bytes, 12, 1) >> 4) * 4 : 8;
  if (header < (tcp ? 20U : 8U) || bytes.size() < header) return false;
  if (tcp) {
    packet.seq = be(bytes, 4, 4);
    const std::uint32_t flags = be(bytes, 13, 1);
    packet.fin = (flags & 1) != 0;
    packet.syn = (flags & 2) != 0;
    packet.rst = (flags & 4) != 0;
    packet.psh = (flags & 8) != 0;
    packet.ack = (flags & 16) != 0;
  }
  packet.payload = bytes.substr(header);
  packet.missing_bytes = content.claimed - bytes.size();
  return true;
}

}  // namespace

bool is_known_link(int link) {
  return link == DLT_EN10MB || link == DLT_RAW || link == kDltIpv4 || link == kDltIpv6 ||
         link == DLT_NULL || link == DLT_LOOP || link == DLT_LINUX_SLL || link == kDltLinuxSll2;
}

std::optional<CapturedPacket> decode_packet(int link, std::string_view bytes) {
  const std::string_view ip = behind_link(link, bytes);
  if (ip.empty()) return std::nullopt;
  CapturedPacket packet;
  const std::uint32_t version = be(ip, 0, 1) >> 4;
  std::optional<IpContent> content;
  if (version == 4) content = open_v4(ip, packet);
  if (version == 6) content = open_v6(ip, packet);
  if (!content) return std::nullopt;
  if (content->fragment) {
    packet.kind = CapturedPacket::Kind::kFragment;
    return packet;
  }
  if (content->protocol != kTcp && content->protocol != kUdp) return packet;
  if (!open_transport(*content, packet)) return std::nullopt;
  return packet;
}

std::string endpoint_text(const std::string& address, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  const bool v6 = address.size() == 16;
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, address.data(), text, sizeof text);
  return (v6 ? "[" + std::string(text) + "]" : std::string(text)) + ":" + std::to_string(port);
}

}  // namespace crashreel
