// What did a server receive, when these packets passed by? TCP put together again: out of order,
// repeated, overlapping, with gaps; UDP as it came. Only what goes to the server's port counts.
//
// One input is what the client's system sent in one go: the segments up to one with PSH, which ends
// a write; of UDP a datagram. Sessions open with SYN, or with the first packet of a conversation
// that began before the capture, and close with FIN or RST. Bytes that were never captured are
// counted, and left out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "capture/reel/reel.h"
#include "corpus/imports/packets.h"

namespace crashreel {

class Conversations {
 public:
  explicit Conversations(std::uint16_t port) : port_(port) {}

  // In the order of the capture; times in nanoseconds since its first packet for the server.
  void add(const CapturedPacket& packet, std::uint64_t time_ns);
  // Gives out what still waits for bytes that never came. Nothing may be added after it.
  void finish();

  std::vector<Input> take_inputs() { return std::move(inputs_); }
  std::uint64_t missing_bytes() const { return missing_bytes_; }
  std::uint64_t packets() const { return packets_; }

 private:
  using Key = std::tuple<bool, std::string, std::uint16_t, std::string>;  // udp, from, port, to

  struct Early {
    std::string bytes;
    bool psh = false;
  };
  struct Flow {
    std::uint32_t session = 0;
    bool closed = false;
    bool started = false;                  // `base` is known
    std::uint32_t base = 0;                // seq of the first byte
    std::uint64_t next = 0;                // bytes given or skipped, from `base`
    std::uint64_t end = UINT64_MAX;        // where FIN stands
    std::string message;                   // begun, no PSH yet
    std::map<std::uint64_t, Early> early;  // ahead of `next`, by their place
    std::uint64_t early_bytes = 0;
  };

  Flow& open(const Key& key, const CapturedPacket& packet, std::uint64_t time_ns);
  void add_tcp(Flow& flow, const CapturedPacket& packet, std::uint64_t time_ns);
  void put(Flow& flow, std::string_view bytes, bool psh, std::uint64_t time_ns);
  void drain(Flow& flow, std::uint64_t time_ns);
  void skip_gaps(Flow& flow, std::uint64_t time_ns);
  void flush(Flow& flow, std::uint64_t time_ns);
  void close(Flow& flow, std::uint64_t time_ns);
  void emit(InputKind kind, std::uint32_t session, std::string data, std::uint64_t time_ns);

  std::uint16_t port_;
  std::map<Key, Flow> flows_;
  std::vector<Input> inputs_;
  std::uint32_t sessions_ = 0;
  std::uint64_t missing_bytes_ = 0;
  std::uint64_t packets_ = 0;
  std::uint64_t early_bytes_ = 0;
  std::uint64_t last_ns_ = 0;
};

}  // namespace crashreel
