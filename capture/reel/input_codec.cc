#include "capture/reel/input_codec.h"

#include "capture/reel/wire.h"

namespace crashreel {
namespace {

// An input's first byte: the kind, and which fields differ from what the input before suggests.
struct Flags {
  unsigned kinds, other_thread, other_session, seq_jumps, other_place, last_kind;
};
constexpr Flags kFlags = {0x0f, 0x10, 0x20, 0x40, 0x80, static_cast<unsigned>(kLastInputKind)};
constexpr Flags kFlags1 = {0x07, 0x08, 0x10, 0x20, 0, static_cast<unsigned>(InputKind::kNote)};

// What stands, by definition, before a frame's first input.
Input before_the_first() {
  return {.seq = UINT64_MAX, .session = kNoSession, .data = {}};
}

// kNoSession becomes 0, and every other number fits 32 bits.
std::uint32_t shifted(std::uint32_t session) {
  return session + 1;
}

// The columns of a frame, in the file's order. The payloads follow behind them.
struct ColumnTexts {
  std::string flags, seqs, times, threads, sessions, places, sizes;

  void put(const Input& previous, const Input& input) {
    const std::uint64_t seq_jump = input.seq - (previous.seq + 1);
    auto bits = static_cast<unsigned>(input.kind);
    if (input.thread != previous.thread) {
      bits |= kFlags.other_thread;
      put_varint(threads, input.thread);
    }
    if (input.session != previous.session) {
      bits |= kFlags.other_session;
      put_varint(sessions, shifted(input.session));
    }
    if (seq_jump != 0) {
      bits |= kFlags.seq_jumps;
      put_varint(seqs, seq_jump);
    }
    if (input.place != previous.place) {
      bits |= kFlags.other_place;
      put_varint(places, static_cast<std::uint64_t>(input.place));
    }
    put_fixed(flags, static_cast<std::uint8_t>(bits));
    put_varint(times, zigzag(input.time_ns - previous.time_ns));
    put_varint(sizes, input.data.size());
  }
};

struct ColumnReaders {
  const Flags& known;
  WireReader flags, seqs, times, threads, sessions, places, sizes;

  ColumnReaders(WireReader& in, std::uint16_t version)
      : known(version == 1 ? kFlags1 : kFlags),
        flags(in.take(in.varint())),
        seqs(in.take(in.varint())),
        times(in.take(in.varint())),
        threads(in.take(in.varint())),
        sessions(in.take(in.varint())),
        places(version == 1 ? std::string_view() : in.take(in.varint())),
        sizes(in.take(in.varint())) {}

  // Everything but the payload, of which the size is returned.
  std::uint64_t get(const Input& previous, Input& input) {
    const unsigned bits = flags.fixed<std::uint8_t>();
    const unsigned kind = bits & known.kinds;
    const unsigned all = known.kinds | known.other_thread | known.other_session | known.seq_jumps |
                         known.other_place;
    if ((bits & ~all) != 0 || kind == 0 || kind > known.last_kind) flags.fail();
    input.kind = static_cast<InputKind>(kind);
    input.seq = previous.seq + 1;
    if (bits & known.seq_jumps) input.seq += seqs.varint();
    input.time_ns = previous.time_ns + unzigzag(times.varint());
    input.thread = previous.thread;
    if (bits & known.other_thread)
      input.thread = static_cast<std::uint32_t>(threads.varint(UINT32_MAX));
    input.session = previous.session;
    if (bits & known.other_session)
      input.session = static_cast<std::uint32_t>(sessions.varint(UINT32_MAX)) - 1;
    input.place = previous.place;
    if (bits & known.other_place)
      input.place = static_cast<Place>(places.varint(static_cast<std::uint64_t>(kLastPlace)));
    return sizes.varint(kMaxPayloadBytes);
  }

  bool done() const {
    return flags.done() && seqs.done() && times.done() && threads.done() && sessions.done() &&
           places.done() && sizes.done();
  }
};

}  // namespace

std::size_t encoded_size_at_most(const Input& input) {
  // Flags, two varints of 64 bits, two of 32, a place, a size; the payload.
  return 1 + 2 * 10 + 2 * 5 + 1 + 5 + input.data.size();
}

std::string encode_inputs(std::span<const Input> inputs) {
  const Input origin = before_the_first();
  ColumnTexts columns;
  std::size_t bytes = 0;
  const Input* previous = &origin;
  for (const Input& input : inputs) {
    columns.put(*previous, input);
    bytes += encoded_size_at_most(input);
    previous = &input;
  }
  std::string out;
  out.reserve(bytes);
  for (const std::string* column : {&columns.flags, &columns.seqs, &columns.times, &columns.threads,
                                    &columns.sessions, &columns.places, &columns.sizes})
    put_text(out, *column);
  for (const Input& input : inputs) out += input.data;
  return out;
}

std::optional<std::vector<Input>> decode_inputs(std::string_view raw, std::size_t count,
                                                std::uint16_t version) {
  WireReader in(raw);
  ColumnReaders columns(in, version);
  // So a hostile count can't make us take much memory.
  if (!in.ok() || count != columns.flags.rest().size()) return std::nullopt;
  const Input origin = before_the_first();
  std::vector<Input> inputs(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Input& previous = i == 0 ? origin : inputs[i - 1];
    inputs[i].data = in.take(columns.get(previous, inputs[i]));
    if (!in.ok() || (i > 0 && inputs[i].seq <= previous.seq)) return std::nullopt;
  }
  if (!columns.done() || !in.done()) return std::nullopt;
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
