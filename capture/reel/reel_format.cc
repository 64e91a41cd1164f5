#include "capture/reel/reel_format.h"

#include "capture/reel/crc32c.h"
#include "capture/reel/wire.h"

namespace crashreel {
namespace {

std::string sealed(std::string bytes) {
  put_fixed(bytes, crc32c(bytes));
  return bytes;
}

// The fields between the magic and the checksum of a structure of `size` bytes at the front.
std::optional<WireReader> unsealed(std::string_view bytes, std::size_t size,
                                   std::string_view magic) {
  if (bytes.size() < size || !bytes.starts_with(magic)) return std::nullopt;
  const std::string_view body = bytes.substr(0, size - 4);
  if (WireReader(bytes.substr(size - 4)).fixed<std::uint32_t>() != crc32c(body))
    return std::nullopt;
  return WireReader(body.substr(magic.size()));
}

bool within_bounds(const FrameHeader& header) {
  const bool holds_inputs = header.type == FrameType::kInputs;
  if (header.stored_bytes > kMaxFrameBytes || header.raw_bytes > kMaxFrameBytes) return false;
  if (header.ordinal >= kMaxFrames) return false;
  if (header.type == FrameType::kFacts && header.raw_bytes > kMaxFactsBytes) return false;
  if (header.encoding == FrameEncoding::kStored && header.stored_bytes != header.raw_bytes)
    return false;
  if (!holds_inputs) return header.place == 0 && header.inputs == 0;
  return header.inputs >= 1 && header.inputs <= kMaxFrameInputs &&
         header.place <= kMaxInputs - header.inputs;
}

}  // namespace

std::string encode(const ReelHeader& header) {
  std::string out(kReelMagic);
  put_fixed(out, header.version);
  put_fixed(out, header.flags);
  put_fixed(out, header.tag);
  return sealed(std::move(out));
}

std::string encode(const FrameHeader& header) {
  std::string out(kFrameSync);
  put_fixed(out, header.version);
  put_fixed(out, static_cast<std::uint8_t>(header.type));
  put_fixed(out, static_cast<std::uint8_t>(header.encoding));
  put_fixed(out, header.tag);
  put_fixed(out, header.ordinal);
  put_fixed(out, header.stored_bytes);
  put_fixed(out, header.raw_bytes);
  put_fixed(out, header.place);
  put_fixed(out, header.inputs);
  put_fixed(out, header.stored_crc);
  return sealed(std::move(out));
}

std::string encode(const Trailer& trailer) {
  std::string out(kReelEndMagic);
  put_fixed(out, trailer.index_at);
  put_fixed(out, trailer.tag);
  put_fixed(out, trailer.frames);
  return sealed(std::move(out));
}

std::optional<ReelHeader> decode_reel_header(std::string_view bytes) {
  std::optional<WireReader> in = unsealed(bytes, kReelHeaderBytes, kReelMagic);
  if (!in) return std::nullopt;
  ReelHeader header;
  header.version = in->fixed<std::uint16_t>();
  header.flags = in->fixed<std::uint16_t>();
  header.tag = in->fixed<std::uint32_t>();
  return header;
}

std::optional<FrameHeader> decode_frame_header(std::string_view bytes) {
  std::optional<WireReader> in = unsealed(bytes, kFrameHeaderBytes, kFrameSync);
  if (!in) return std::nullopt;
  FrameHeader header;
  header.version = in->fixed<std::uint16_t>();
  if (!is_read(header.version)) return std::nullopt;
  const auto type = in->fixed<std::uint8_t>();
  const auto encoding = in->fixed<std::uint8_t>();
  if (type < 1 || type > 4 || encoding > 1) return std::nullopt;
  header.type = static_cast<FrameType>(type);
  header.encoding = static_cast<FrameEncoding>(encoding);
  header.tag = in->fixed<std::uint32_t>();
  header.ordinal = in->fixed<std::uint32_t>();
  header.stored_bytes = in->fixed<std::uint32_t>();
  header.raw_bytes = in->fixed<std::uint32_t>();
  header.place = in->fixed<std::uint64_t>();
  header.inputs = in->fixed<std::uint32_t>();
  header.stored_crc = in->fixed<std::uint32_t>();
  return within_bounds(header) ? std::optional(header) : std::nullopt;
}

std::optional<Trailer> decode_trailer(std::string_view bytes) {
  std::optional<WireReader> in = unsealed(bytes, kTrailerBytes, kReelEndMagic);
  if (!in) return std::nullopt;
  Trailer trailer;
  trailer.index_at = in->fixed<std::uint64_t>();
  trailer.tag = in->fixed<std::uint32_t>();
  trailer.frames = in->fixed<std::uint32_t>();
  return trailer;
}

}  // namespace crashreel
