#include "capture/reel/frame_map.h"

#include <zstd.h>

#include <algorithm>

#include "capture/reel/crc32c.h"
#include "capture/reel/input_codec.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kSearchWindowBytes = 64 << 10;
// A zstd block is four bytes at least and 128 KiB of content at most.
constexpr std::uint64_t kMaxZstdGain = (128 << 10) / 4;

FramePlace frame_place(std::uint64_t at, const FrameHeader& header) {
  return {.at = at,
          .type = header.type,
          .ordinal = header.ordinal,
          .stored_bytes = header.stored_bytes,
          .place = header.place,
          .inputs = header.inputs};
}

std::uint64_t end_of(const FramePlace& frame) {
  return frame.at + kFrameHeaderBytes + frame.stored_bytes;
}

std::optional<Trailer> trailer_of(const ByteSource& source) {
  std::string scratch;
  if (source.size() < kTrailerBytes) return std::nullopt;
  const auto bytes = source.view(source.size() - kTrailerBytes, kTrailerBytes, scratch);
  return bytes ? decode_trailer(*bytes) : std::nullopt;
}

// Offsets and places follow from the index; nothing where they don't come out.
std::optional<std::vector<FramePlace>> placed(const std::vector<IndexEntry>& entries,
                                              const FramePlace& index) {
  std::vector<FramePlace> frames;
  FramePlace next{.at = kReelHeaderBytes};
  std::uint64_t inputs = 0;
  for (const IndexEntry& entry : entries) {
    next.type = entry.type;
    next.stored_bytes = entry.stored_bytes;
    next.inputs = entry.inputs;
    next.place = entry.inputs == 0 ? 0 : inputs;
    next.first_seq.reset();
    if (entry.type == FrameType::kInputs) next.first_seq = entry.first_seq;
    frames.push_back(next);
    inputs += entry.inputs;
    next.at = end_of(next);
    ++next.ordinal;
  }
  if (next.at != index.at || next.ordinal != index.ordinal) return std::nullopt;
  frames.push_back(index);
  return frames;
}

std::optional<std::vector<FramePlace>> frames_by_index(const ByteSource& source,
                                                       const Trailer& trailer) {
  std::string scratch;
  std::string raw_scratch;
  const std::uint64_t end = source.size() - kTrailerBytes;
  if (trailer.index_at > end) return std::nullopt;
  const auto bytes = source.view(trailer.index_at, kFrameHeaderBytes, scratch);
  const auto header = bytes ? decode_frame_header(*bytes) : std::nullopt;
  if (!header || header->type != FrameType::kIndex || header->ordinal + 1 != trailer.frames)
    return std::nullopt;
  const FramePlace index = frame_place(trailer.index_at, *header);
  if (end_of(index) != end) return std::nullopt;
  const auto stored = read_stored(source, index, trailer.tag, scratch);
  const auto raw = stored ? raw_bytes_of(*stored, raw_scratch) : std::nullopt;
  const auto entries = raw ? decode_index(*raw) : std::nullopt;
  return entries ? placed(*entries, index) : std::nullopt;
}

// The walk from the front. Its cost is bounded for hostile files too: every step goes forward, and
// frames that turn out not to be whole may cost no more than the file's size in all.
class Walk {
 public:
  Walk(const ByteSource& source, FrameMap& map, std::optional<std::uint32_t> tag)
      : source_(source), map_(map), tag_(tag), check_budget_(source.size()) {}

  void from(std::uint64_t at) {
    while (at + kFrameHeaderBytes <= source_.size()) {
      const std::optional<FramePlace> frame = frame_at(at);
      if (frame && believable(*frame)) {
        accept(*frame);
        at = end_of(*frame);
      } else {
        at = search(frame ? at + kFrameHeaderBytes : at);
      }
    }
    if (tag_) map_.tag = *tag_;
  }

 private:
  // The header that lies there, if it is one of this reel's that may come next.
  std::optional<FramePlace> frame_at(std::uint64_t at) {
    const auto bytes = source_.view(at, kFrameHeaderBytes, scratch_);
    const auto header = bytes ? decode_frame_header(*bytes) : std::nullopt;
    if (!header || header->ordinal < next_ordinal_ || (tag_ && header->tag != *tag_))
      return std::nullopt;
    if (header->type == FrameType::kInputs && header->place < next_place_) return std::nullopt;
    found_tag_ = header->tag;
    return frame_place(at, *header);
  }

  // A frame that ends where the next one begins is taken for whole until it is read. Where nothing
  // fits its end, bytes may have been taken out of it or put into it, and then the next frame may
  // begin before its end: its own checksum decides.
  bool believable(const FramePlace& frame) {
    const std::uint64_t end = end_of(frame);
    if (end > source_.size()) {
      note("the file ends inside " + describe(frame));
      return false;
    }
    const std::uint32_t tag = *found_tag_;
    const auto follows =
        source_.view(end, std::min(source_.size() - end, kFrameHeaderBytes), scratch_);
    if (follows && (decode_frame_header(*follows) || decode_trailer(*follows))) return true;
    if (check_budget_ < frame.stored_bytes) return false;
    check_budget_ -= frame.stored_bytes;
    if (read_stored(source_, frame, tag, scratch_)) return true;
    note(describe(frame) + ": its checksum differs and nothing fits its end");
    return false;
  }

  void accept(const FramePlace& frame) {
    if (!tag_) tag_ = found_tag_;
    map_.frames.push_back(frame);
    next_ordinal_ = frame.ordinal + 1;
    if (frame.type == FrameType::kInputs) next_place_ = frame.place + frame.inputs;
  }

  // The next sync word, from `at` on, under which a header of this reel lies; else the file's end.
  std::uint64_t search(std::uint64_t start) {
    std::string window_scratch;
    for (std::uint64_t at = start; at + kFrameHeaderBytes <= source_.size();) {
      const std::uint64_t size = std::min(kSearchWindowBytes, source_.size() - at);
      // A window that the disk does not give is passed over like any other damage.
      const std::string_view window =
          source_.view(at, size, window_scratch).value_or(std::string_view());
      for (std::size_t sync = window.find(kFrameSync); sync != std::string_view::npos;
           sync = window.find(kFrameSync, sync + 1)) {
        if (!frame_at(at + sync)) continue;
        note("no frame fits at byte " + std::to_string(start) + "; the next lies at byte " +
             std::to_string(at + sync));
        return at + sync;
      }
      at += size - (kFrameSync.size() - 1);
    }
    if (!decode_trailer_at(start)) note("no frame fits from byte " + std::to_string(start) + " on");
    return source_.size();
  }

  bool decode_trailer_at(std::uint64_t at) {
    const auto bytes = source_.view(at, kTrailerBytes, scratch_);
    return bytes && decode_trailer(*bytes);
  }

  void note(std::string text) {
    if (map_.notes.size() < kMaxNotes) map_.notes.push_back(std::move(text));
  }

  const ByteSource& source_;
  FrameMap& map_;
  std::optional<std::uint32_t> tag_;
  std::optional<std::uint32_t> found_tag_;
  std::uint64_t check_budget_;
  std::uint32_t next_ordinal_ = 0;
  std::uint64_t next_place_ = 0;
  std::string scratch_;
};

}  // namespace

FrameMap map_frames(const ByteSource& source, const std::optional<ReelHeader>& header) {
  FrameMap map;
  const std::optional<Trailer> trailer = trailer_of(source);
  const bool agree = trailer && (!header || header->tag == trailer->tag);
  if (agree) {
    map.written = trailer->frames;
    if (auto frames = frames_by_index(source, *trailer)) {
      map.frames = std::move(*frames);
      map.tag = trailer->tag;
      map.from_index = true;
      return map;
    }
  }
  map.notes.push_back(agree ? "the index does not hold: frames are looked for from the front"
                            : "there is no trailer at the end: the file was cut or is damaged");
  std::optional<std::uint32_t> tag;
  if (header) tag = header->tag;
  if (!tag && trailer) tag = trailer->tag;
  Walk(source, map, tag).from(header ? kReelHeaderBytes : 0);
  return map;
}

std::optional<StoredFrame> read_stored(const ByteSource& source, const FramePlace& expected,
                                       std::uint32_t tag, std::string& scratch) {
  const auto bytes = source.view(expected.at, kFrameHeaderBytes + expected.stored_bytes, scratch);
  const auto header = bytes ? decode_frame_header(*bytes) : std::nullopt;
  if (!header || header->tag != tag) return std::nullopt;
  const FramePlace found = frame_place(expected.at, *header);
  if (found.type != expected.type || found.ordinal != expected.ordinal ||
      found.stored_bytes != expected.stored_bytes || found.place != expected.place ||
      found.inputs != expected.inputs)
    return std::nullopt;
  const std::string_view stored = bytes->substr(kFrameHeaderBytes);
  if (crc32c(stored) != header->stored_crc) return std::nullopt;
  return StoredFrame{*header, stored};
}

std::optional<std::string_view> raw_bytes_of(const StoredFrame& frame, std::string& scratch) {
  if (frame.header.encoding == FrameEncoding::kStored) return frame.bytes;
  const std::uint64_t raw_bytes = frame.header.raw_bytes;
  // Asked before memory is taken: a forged size must be stated twice, and no larger than what zstd
  // can make of so few bytes.
  if (raw_bytes / kMaxZstdGain > frame.bytes.size() ||
      ZSTD_getFrameContentSize(frame.bytes.data(), frame.bytes.size()) != raw_bytes ||
      ZSTD_findFrameCompressedSize(frame.bytes.data(), frame.bytes.size()) != frame.bytes.size())
    return std::nullopt;
  if (scratch.size() < raw_bytes) scratch.resize(raw_bytes);
  const std::size_t size =
      ZSTD_decompress(scratch.data(), raw_bytes, frame.bytes.data(), frame.bytes.size());
  if (ZSTD_isError(size) || size != raw_bytes) return std::nullopt;
  return std::string_view(scratch).substr(0, raw_bytes);
}

std::string describe(const FramePlace& frame) {
  std::string text = "frame " + std::to_string(frame.ordinal);
  switch (frame.type) {
    case FrameType::kFacts:
      text += " (facts)";
      break;
    case FrameType::kFile:
      text += " (a file)";
      break;
    case FrameType::kInputs:
      text += " (inputs " + std::to_string(frame.place) + " to " +
              std::to_string(frame.place + frame.inputs - 1) + ")";
      break;
    case FrameType::kIndex:
      text += " (index)";
      break;
  }
  return text + " at byte " + std::to_string(frame.at);
}

}  // namespace crashreel
