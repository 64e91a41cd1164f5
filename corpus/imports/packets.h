// What does a captured packet carry? From the link's header to the payload of TCP or UDP. The bytes
// are hostile: every length is held against what is there. Fragments of IP are not put together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crashreel {

struct CapturedPacket {
  enum class Kind { kTcp, kUdp, kFragment, kOther };
  Kind kind = Kind::kOther;
  std::string from;  // address, 4 or 16 bytes as on the wire
  std::string to;
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::string_view payload;         // within the packet
  std::uint64_t missing_bytes = 0;  // of the payload: not captured
  // TCP alone.
  std::uint32_t seq = 0;
  bool syn = false, ack = false, fin = false, rst = false, psh = false;
};

// `link` is libpcap's DLT_ number: Ethernet (with VLAN tags), raw IP, BSD loopback, Linux "any"
// (both versions). Nothing: the link is of another kind, or the packet is cut off in its headers.
std::optional<CapturedPacket> decode_packet(int link, std::string_view bytes);
bool is_known_link(int link);

// "127.0.0.1:80", "[::1]:80".
std::string endpoint_text(const std::string& address, std::uint16_t port);

}  // namespace crashreel
