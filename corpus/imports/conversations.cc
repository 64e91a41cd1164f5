#include "corpus/imports/conversations.h"

#include <algorithm>
#include <utility>

namespace crashreel {
namespace {

// A message without PSH is cut here, for some senders never set it.
constexpr std::size_t kMostMessageBytes = std::size_t{1} << 20;
// What waits for a gap to be filled; beyond it the gap is taken for lost.
constexpr std::uint64_t kMostEarlyBytes = std::uint64_t{64} << 20;
// Far more than any window: a packet that lies so far ahead is of another connection.
constexpr std::int64_t kFarthest = std::int64_t{1} << 30;

}  // namespace

void Conversations::emit(InputKind kind, std::uint32_t session, std::string data,
                         std::uint64_t time_ns) {
  Input input;
  input.seq = inputs_.size();
  last_ns_ = std::max(last_ns_, time_ns);
  input.time_ns = last_ns_;
  input.session = session;
  input.kind = kind;
  input.data = std::move(data);
  inputs_.push_back(std::move(input));
}

Conversations::Flow& Conversations::open(const Key& key, const CapturedPacket& packet,
                                         std::uint64_t time_ns) {
  Flow& flow = flows_[key];
  flow = Flow{};
  flow.session = sessions_++;
  const bool udp = packet.kind == CapturedPacket::Kind::kUdp;
  emit(InputKind::kOpen, flow.session,
       std::string(udp ? "udp" : "tcp") + " inbound " + endpoint_text(packet.to, packet.to_port) +
           " " + endpoint_text(packet.from, packet.from_port),
       time_ns);
  return flow;
}

void Conversations::add(const CapturedPacket& packet, std::uint64_t time_ns) {
  const bool udp = packet.kind == CapturedPacket::Kind::kUdp;
  if (packet.to_port != port_ || (!udp && packet.kind != CapturedPacket::Kind::kTcp)) return;
  ++packets_;
  const Key key{udp, packet.from, packet.from_port, packet.to};
  const auto known = flows_.find(key);
  if (udp) {
    Flow& flow = known == flows_.end() ? open(key, packet, time_ns) : known->second;
    missing_bytes_ += packet.missing_bytes;
    emit(InputKind::kData, flow.session, std::string(packet.payload), time_ns);
    return;
  }
  const std::uint32_t first = packet.seq + 1;  // behind a SYN
  if (packet.syn) {
    // The same SYN again is a retransmission, another one a new connection.
    if (known != flows_.end() && known->second.started && known->second.base == first) return;
    if (known != flows_.end()) close(known->second, time_ns);
    Flow& flow = open(key, packet, time_ns);
    flow.started = true;
    flow.base = first;
    return;
  }
  if (known == flows_.end()) {
    // Acknowledgements alone, of a conversation that is over, open nothing.
    if (packet.payload.empty() || packet.rst) return;
    return add_tcp(open(key, packet, time_ns), packet, time_ns);
  }
  if (!known->second.closed) add_tcp(known->second, packet, time_ns);
}

void Conversations::add_tcp(Flow& flow, const CapturedPacket& packet, std::uint64_t time_ns) {
  if (packet.rst) return close(flow, time_ns);
  if (!flow.started) {
    flow.started = true;
    flow.base = packet.seq;
  }
  const std::uint32_t expected = flow.base + static_cast<std::uint32_t>(flow.next);
  std::int64_t ahead = static_cast<std::int32_t>(packet.seq - expected);
  if (ahead > kFarthest || ahead < -kFarthest) return;
  if (ahead < 0 && static_cast<std::uint64_t>(-ahead) > flow.next) return;  // before the first
  const std::uint64_t place = flow.next + static_cast<std::uint64_t>(ahead);
  std::string_view bytes = packet.payload;
  if (packet.fin) flow.end = std::min(flow.end, place + bytes.size() + packet.missing_bytes);
  const std::uint64_t repeated =
      std::min<std::uint64_t>(ahead < 0 ? static_cast<std::uint64_t>(-ahead) : 0, bytes.size());
  bytes.remove_prefix(repeated);
  if (!bytes.empty()) {
    Early& early = flow.early[std::max(place, flow.next)];
    if (early.bytes.size() < bytes.size()) {
      flow.early_bytes += bytes.size() - early.bytes.size();
      early_bytes_ += bytes.size() - early.bytes.size();
      early.bytes = bytes;
    }
    early.psh = early.psh || packet.psh;
  }
  drain(flow, time_ns);
  if (early_bytes_ > kMostEarlyBytes) skip_gaps(flow, time_ns);
  if (flow.next >= flow.end) close(flow, time_ns);
}

// What is next, without a gap.
void Conversations::drain(Flow& flow, std::uint64_t time_ns) {
  while (!flow.early.empty() && flow.early.begin()->first <= flow.next) {
    const auto node = flow.early.extract(flow.early.begin());
    const Early& early = node.mapped();
    flow.early_bytes -= early.bytes.size();
    early_bytes_ -= early.bytes.size();
    const std::uint64_t repeated = flow.next - node.key();
    if (repeated < early.bytes.size())
      put(flow, std::string_view(early.bytes).substr(repeated), early.psh, time_ns);
  }
}

void Conversations::put(Flow& flow, std::string_view bytes, bool psh, std::uint64_t time_ns) {
  flow.next += bytes.size();
  flow.message += bytes;
  if (psh || flow.message.size() >= kMostMessageBytes) flush(flow, time_ns);
}

void Conversations::flush(Flow& flow, std::uint64_t time_ns) {
  if (flow.message.empty()) return;
  emit(InputKind::kData, flow.session, std::exchange(flow.message, {}), time_ns);
}

void Conversations::skip_gaps(Flow& flow, std::uint64_t time_ns) {
  while (!flow.early.empty()) {
    const std::uint64_t place = flow.early.begin()->first;
    if (place > flow.next) {
      missing_bytes_ += place - flow.next;
      flow.next = place;
      flush(flow, time_ns);
    }
    drain(flow, time_ns);
  }
}

void Conversations::close(Flow& flow, std::uint64_t time_ns) {
  if (flow.closed) return;
  skip_gaps(flow, time_ns);
  flush(flow, time_ns);
  flow.closed = true;
  emit(InputKind::kClose, flow.session, "", time_ns);
}

void Conversations::finish() {
  std::vector<Flow*> in_order;
  for (auto& [key, flow] : flows_)
    if (!flow.closed && !std::get<0>(key)) in_order.push_back(&flow);
  std::sort(in_order.begin(), in_order.end(),
            [](const Flow* a, const Flow* b) { return a->session < b->session; });
  for (Flow* flow : in_order) {
    skip_gaps(*flow, last_ns_);
    flush(*flow, last_ns_);
  }
}

}  // namespace crashreel
