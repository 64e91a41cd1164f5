// Packets as a capture has them, made in one line of a test.
#pragma once

#include <string>

#include "corpus/imports/packets.h"

namespace crashreel {

// A segment from a client's port 1000 + `client` to the server's port 80: flags of "SFRP" and its
// place in the stream (SYN is at 0, data begins at 1).
struct Segment {
  int client = 0;
  const char* flags = "";
  std::uint32_t place = 0;
  std::string data{};
  std::uint16_t port = 80;
};

inline std::string be_bytes(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i));
  return text;
}

// Begins with its IP header; checksums are 0.
inline std::string raw_packet(const Segment& segment, bool v6 = false) {
  unsigned flags = 16;
  for (const char* flag = segment.flags; *flag != 0; ++flag)
    flags |= *flag == 'S' ? 2 : *flag == 'F' ? 1 : *flag == 'R' ? 4 : 8;
  const std::uint32_t start = 0xffffff00;  // so that sequence numbers wrap around
  const std::string tcp = be_bytes(1000 + segment.client, 2) + be_bytes(segment.port, 2) +
                          be_bytes(start + segment.place, 4) + be_bytes(0, 4) +
                          be_bytes(0x5000 | flags, 2) + be_bytes(0xffff, 2) + be_bytes(0, 4) +
                          segment.data;
  if (v6)
    return be_bytes(0x60000000, 4) + be_bytes(tcp.size(), 2) + be_bytes(6, 1) + be_bytes(64, 1) +
           std::string(15, 0) + "\1" + std::string(15, 0) + "\1" + tcp;
  return be_bytes(0x4500, 2) + be_bytes(20 + tcp.size(), 2) + be_bytes(0, 4) + be_bytes(0x4006, 2) +
         be_bytes(0, 2) + std::string("\x0a\0\0\1\x0a\0\0\2", 8) + tcp;
}

}  // namespace crashreel
