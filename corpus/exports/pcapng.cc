// A packet capture: each session a TCP or UDP conversation between the addresses that its opening
// names, or made-up ones, with what production received in it. What the program answered is not
// known, so the server's side only acknowledges.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <vector>

#include "corpus/exports/formats.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostSegmentBytes = 65000;  // with headers below what an IP packet may have
constexpr std::uint16_t kDefaultPort = 9;         // "discard": where the opening names none
constexpr std::uint16_t kFirstClientPort = 20000;
constexpr std::uint16_t kLinkRaw = 101;  // packets begin with their IP header
// So that a reader sees a new connection, and no SYN that is sent again.
constexpr std::uint32_t kNextConnection = 1'000'000;
enum Flags : std::uint8_t { kFin = 1, kSyn = 2, kPsh = 8, kAck = 16 };

void put_be(std::string& out, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i));
}
void put_le(std::string& out, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
}

struct Endpoint {
  std::string address;  // 4 or 16 bytes, as on the wire
  std::uint16_t port = 0;
};

// "127.0.0.1:6379", "[::1]:6379"; nothing else.
bool parse_endpoint(std::string_view text, Endpoint& endpoint) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view port = text.substr(colon + 1);
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size()) return false;
  char bytes[16];
  const bool v4 = ::inet_pton(AF_INET, host.c_str(), bytes) == 1;
  if (!v4 && ::inet_pton(AF_INET6, host.c_str(), bytes) != 1) return false;
  endpoint = {std::string(bytes, v4 ? 4 : 16), number};
  return true;
}

std::uint16_t checksum_of(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (i % 2 == 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

struct Conversation {
  bool udp = false;
  Endpoint server;
  Endpoint client;
  std::uint32_t client_seq = 1000;
  std::uint32_t server_seq = 5000;
  bool open = false;
};

// Fills in the checksum at `place` of the transport's header.
std::string packet_of(const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                      std::string transport, std::size_t place) {
  std::string pseudo = from.address + to.address;
  put_be(pseudo, transport.size(), 4);
  put_be(pseudo, protocol, 4);
  std::uint16_t sum = checksum_of(pseudo + transport);
  if (sum == 0 && protocol == 17) sum = 0xffff;  // 0 would say that there is none
  transport[place] = static_cast<char>(sum >> 8);
  transport[place + 1] = static_cast<char>(sum);
  std::string packet;
  if (from.address.size() == 16) {
    put_be(packet, 0x60000000, 4);
    put_be(packet, transport.size(), 2);
    put_be(packet, protocol, 1);
    put_be(packet, 64, 1);
    return packet + from.address + to.address + transport;
  }
  put_be(packet, 0x4500, 2);
  put_be(packet, 20 + transport.size(), 2);
  put_be(packet, 0x00004000, 4);  // no fragments
  put_be(packet, 64, 1);
  put_be(packet, protocol, 1);
  put_be(packet, 0, 2);
  packet += from.address + to.address;
  const std::uint16_t header = checksum_of(packet);
  packet[10] = static_cast<char>(header >> 8);
  packet[11] = static_cast<char>(header);
  return packet + transport;
}

std::string tcp_packet(const Conversation& talk, bool of_client, std::uint8_t flags,
                       std::string_view data) {
  const Endpoint& from = of_client ? talk.client : talk.server;
  const Endpoint& to = of_client ? talk.server : talk.client;
  std::string segment;
  put_be(segment, from.port, 2);
  put_be(segment, to.port, 2);
  put_be(segment, of_client ? talk.client_seq : talk.server_seq, 4);
  const std::uint32_t seen = of_client ? talk.server_seq : talk.client_seq;
  put_be(segment, (flags & kAck) != 0 ? seen : 0, 4);
  put_be(segment, 0x5000u | flags, 2);
  put_be(segment, 0xffff, 2);
  put_be(segment, 0, 4);
  return packet_of(from, to, 6, segment.append(data), 16);
}

std::string udp_packet(const Conversation& talk, std::string_view data) {
  std::string datagram;
  put_be(datagram, talk.client.port, 2);
  put_be(datagram, talk.server.port, 2);
  put_be(datagram, 8 + data.size(), 2);
  put_be(datagram, 0, 2);
  return packet_of(talk.client, talk.server, 17, datagram.append(data), 6);
}

void put_block(std::string& out, std::uint32_t type, std::string body) {
  while (body.size() % 4 != 0) body += '\0';
  put_le(out, type, 4);
  put_le(out, body.size() + 12, 4);
  out += body;
  put_le(out, body.size() + 12, 4);
}

class Capture {
 public:
  explicit Capture(std::uint64_t start_ns) : start_ns_(start_ns) {
    std::string section;
    put_le(section, 0x1a2b3c4d, 4);
    put_le(section, 1, 4);  // version 1.0
    put_le(section, UINT64_MAX, 8);
    put_block(out_, 0x0a0d0d0a, section);
    std::string interface;
    put_le(interface, kLinkRaw, 4);
    put_le(interface, 0, 4);  // packets are whole
    put_le(interface, 9, 2);  // if_tsresol: 10^-9 s
    put_le(interface, 1, 2);
    put_le(interface, 9, 4);
    put_le(interface, 0, 4);
    put_block(out_, 1, interface);
  }

  void add(const Input& input, Conversation& talk) {
    now_ns_ = start_ns_ + input.time_ns;
    if (talk.udp) {
      if (input.kind == InputKind::kData) put(udp_packet(talk, input.data));
      return;
    }
    if (!talk.open && input.kind != InputKind::kClose) connect(talk);
    if (input.kind == InputKind::kData) send(talk, input.data);
    if (input.kind == InputKind::kClose && talk.open) close(talk);
  }

  std::string take() { return std::move(out_); }

 private:
  void put(const std::string& packet) {
    std::string body;
    put_le(body, 0, 4);
    put_le(body, now_ns_ >> 32, 4);
    put_le(body, now_ns_ & 0xffffffff, 4);
    put_le(body, packet.size(), 4);
    put_le(body, packet.size(), 4);
    put_block(out_, 6, body + packet);
  }
  void connect(Conversation& talk) {
    talk.open = true;
    put(tcp_packet(talk, true, kSyn, {}));
    ++talk.client_seq;
    put(tcp_packet(talk, false, kSyn | kAck, {}));
    ++talk.server_seq;
    put(tcp_packet(talk, true, kAck, {}));
  }
  void send(Conversation& talk, std::string_view data) {
    while (!data.empty()) {
      const std::size_t size = std::min(data.size(), kMostSegmentBytes);
      const std::uint8_t flags = size == data.size() ? kPsh | kAck : kAck;
      put(tcp_packet(talk, true, flags, data.substr(0, size)));
      talk.client_seq += static_cast<std::uint32_t>(size);
      put(tcp_packet(talk, false, kAck, {}));
      data.remove_prefix(size);
    }
  }
  void close(Conversation& talk) {
    talk.open = false;
    put(tcp_packet(talk, true, kFin | kAck, {}));
    ++talk.client_seq;
    put(tcp_packet(talk, false, kFin | kAck, {}));
    ++talk.server_seq;
    put(tcp_packet(talk, true, kAck, {}));
  }

  std::uint64_t start_ns_;
  std::uint64_t now_ns_ = 0;
  std::string out_;
};

// From "tcp inbound LOCAL PEER".
Conversation conversation_of(std::string_view opening, std::uint32_t session) {
  Conversation talk;
  const std::string made_up("\x7f\0\0\1", 4);
  talk.server = {made_up, kDefaultPort};
  talk.client = {made_up, static_cast<std::uint16_t>(kFirstClientPort + session % 40000)};
  std::vector<std::string_view> words;
  while (!opening.empty()) {
    const std::size_t end = std::min(opening.find(' '), opening.size());
    words.push_back(opening.substr(0, end));
    opening.remove_prefix(std::min(end + 1, opening.size()));
  }
  talk.udp = !words.empty() && words[0] == "udp";
  Endpoint local, peer;
  if (words.size() > 2 && parse_endpoint(words[2], local)) {
    talk.server = local;
    if (local.address.size() == 16) talk.client.address = std::string(15, '\0') + '\1';
    if (words.size() > 3 && parse_endpoint(words[3], peer) &&
        peer.address.size() == local.address.size())
      talk.client = peer;
  }
  return talk;
}

bool is_of_a_session(const Input& input) {
  return input.session != kNoSession &&
         (input.kind == InputKind::kOpen || input.kind == InputKind::kData ||
          input.kind == InputKind::kClose);
}

}  // namespace

Result<std::string> export_pcapng(const Reel& reel, const std::string& name) {
  Capture capture(reel.program.start_realtime_ns);
  std::map<std::uint32_t, Conversation> talks;
  for (const Input& input : reel.inputs) {
    if (!is_of_a_session(input)) continue;
    std::string_view opening;
    if (input.kind == InputKind::kOpen) opening = input.data;
    auto [talk, is_new] = talks.try_emplace(input.session);
    // A session may be opened again, under another port.
    if (is_new || (input.kind == InputKind::kOpen && !talk->second.open)) {
      const std::uint32_t elsewhere = talk->second.client_seq + kNextConnection;
      talk->second = conversation_of(opening, input.session);
      if (!is_new) talk->second.client_seq = elsewhere;
    }
    if (talk->second.udp && input.data.size() > kMostSegmentBytes)
      return Error{Trouble::kUsage, name + ": input " + std::to_string(input.seq) +
                                        " is longer than a datagram; leave it out"};
    capture.add(input, talk->second);
  }
  return capture.take();
}

}  // namespace crashreel
