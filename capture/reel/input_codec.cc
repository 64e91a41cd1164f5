#include "capture/reel/input_codec.h"

#include "capture/reel/wire.h"

namespace crashreel {
namespace {

// A record's first byte: the kind, and which fields differ from what the record before suggests.
constexpr std::uint8_t kKindBits = 7;
constexpr std::uint8_t kOtherThread = 8;
constexpr std::uint8_t kOtherSession = 16;
constexpr std::uint8_t kSeqJumps = 32;
constexpr std::uint8_t kAllBits = 63;

// What stands, by definition, before a frame's first record.
Input before_the_first() {
  return {.seq = UINT64_MAX, .session = kNoSession, .data = {}};
}

// kNoSession becomes 0, and every other number fits 32 bits.
std::uint32_t shifted(std::uint32_t session) {
  return session + 1;
}

void put_record(std::string& out, const Input& previous, const Input& input) {
  const std::uint64_t seq_jump = input.seq - (previous.seq + 1);
  auto flags = static_cast<std::uint8_t>(input.kind);
  if (input.thread != previous.thread) flags |= kOtherThread;
  if (input.session != previous.session) flags |= kOtherSession;
  if (seq_jump != 0) flags |= kSeqJumps;
  put_fixed(out, flags);
  if (flags & kSeqJumps) put_varint(out, seq_jump);
  put_varint(out, zigzag(input.time_ns - previous.time_ns));
  if (flags & kOtherThread) put_varint(out, input.thread);
  if (flags & kOtherSession) put_varint(out, shifted(input.session));
  put_varint(out, input.data.size());
}

// Everything but the payload, of which the size is returned.
std::uint64_t get_record(WireReader& in, const Input& previous, Input& input) {
  const auto flags = in.fixed<std::uint8_t>();
  if (flags > kAllBits || (flags & kKindBits) == 0) in.fail();
  input.kind = static_cast<InputKind>(flags & kKindBits);
  input.seq = previous.seq + 1;
  if (flags & kSeqJumps) input.seq += in.varint();
  input.time_ns = previous.time_ns + unzigzag(in.varint());
  input.thread = previous.thread;
  if (flags & kOtherThread) input.thread = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
  input.session = previous.session;
  if (flags & kOtherSession) input.session = static_cast<std::uint32_t>(in.varint(UINT32_MAX)) - 1;
  return in.varint(kMaxPayloadBytes);
}

}  // namespace

std::size_t encoded_size_at_most(const Input& input) {
  // Flags, two varints of 64 bits, two of 32, a size; the payload.
  return 1 + 2 * 10 + 2 * 5 + 5 + input.data.size();
}

std::string encode_inputs(std::span<const Input> inputs) {
  const Input origin = before_the_first();
  std::string records;
  std::size_t payload_bytes = 0;
  const Input* previous = &origin;
  for (const Input& input : inputs) {
    put_record(records, *previous, input);
    payload_bytes += input.data.size();
    previous = &input;
  }
  std::string out;
  out.reserve(10 + records.size() + payload_bytes);
  put_text(out, records);
  for (const Input& input : inputs) out += input.data;
  return out;
}

std::optional<std::vector<Input>> decode_inputs(std::string_view raw, std::size_t count) {
  WireReader in(raw);
  WireReader records(in.take(in.varint()));
  // A record has three bytes at least, so a hostile count can't make us take much memory.
  if (!in.ok() || count > records.rest().size() / 3) return std::nullopt;
  const Input origin = before_the_first();
  std::vector<Input> inputs(count);
  for (std::size_t i = 0; i < count && records.ok(); ++i) {
    const Input& previous = i == 0 ? origin : inputs[i - 1];
    inputs[i].data = in.take(get_record(records, previous, inputs[i]));
    if (i > 0 && inputs[i].seq <= previous.seq) return std::nullopt;
  }
  if (!records.done() || !in.done()) return std::nullopt;
  return inputs;
}

std::string encode_index(std::span<const IndexEntry> entries) {
  std::string out;
  std::uint64_t previous_seq = 0;
  put_varint(out, entries.size());
  for (const IndexEntry& entry : entries) {
    put_varint(out, static_cast<std::uint64_t>(entry.type));
    put_varint(out, entry.stored_bytes);
    put_varint(out, entry.inputs);
    if (entry.type != FrameType::kInputs) continue;
    put_varint(out, entry.first_seq - previous_seq);
    previous_seq = entry.first_seq;
  }
  return out;
}

std::optional<std::vector<IndexEntry>> decode_index(std::string_view raw) {
  WireReader in(raw);
  const std::uint64_t count = in.varint(kMaxFrames - 1);
  if (count > in.rest().size() / 3) return std::nullopt;
  std::vector<IndexEntry> entries(count);
  std::uint64_t previous_seq = 0;
  for (IndexEntry& entry : entries) {
    const std::uint64_t type = in.varint(static_cast<std::uint64_t>(FrameType::kInputs));
    if (type == 0) return std::nullopt;
    entry.type = static_cast<FrameType>(type);
    entry.stored_bytes = static_cast<std::uint32_t>(in.varint(kMaxFrameBytes));
    entry.inputs = static_cast<std::uint32_t>(in.varint(kMaxFrameInputs));
    if (entry.type != FrameType::kInputs) continue;
    entry.first_seq = previous_seq += in.varint();
  }
  return in.done() ? std::optional(std::move(entries)) : std::nullopt;
}

}  // namespace crashreel
