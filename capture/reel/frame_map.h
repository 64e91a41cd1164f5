// Where in a reel file are its frames? From the index where trailer and index hold; else by a walk
// from the front that looks for the next sync word wherever no frame header fits (FORMAT.md,
// "Reading"). Frames' contents are not believed here, only placed: ReelReader reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/reel/byte_source.h"
#include "capture/reel/reel_format.h"

namespace crashreel {

// Of a file that is all damage, so many notes say enough.
inline constexpr std::size_t kMaxNotes = 64;

// What is known of a frame before it is read. Its own header must agree.
struct FramePlace {
  std::uint64_t at = 0;
  FrameType type = FrameType::kFacts;
  std::uint32_t ordinal = 0;
  std::uint32_t stored_bytes = 0;
  std::uint64_t place = 0;
  std::uint32_t inputs = 0;
  std::optional<std::uint64_t> first_seq = {};  // of its inputs; only the index tells
};

struct FrameMap {
  std::vector<FramePlace> frames;  // in the file's order, ordinals and places rising
  std::uint32_t tag = 0;
  bool from_index = false;               // then no frame is missing
  std::optional<std::uint32_t> written;  // number of frames, where the trailer says it
  std::vector<std::string> notes;        // what was damaged, for people
};

// `header` is the file's where it is whole.
FrameMap map_frames(const ByteSource& source, const std::optional<ReelHeader>& header);

// The stored bytes of a frame, where its header is `expected` and both checksums hold.
struct StoredFrame {
  FrameHeader header;
  std::string_view bytes;  // in `scratch` or the source
};
std::optional<StoredFrame> read_stored(const ByteSource& source, const FramePlace& expected,
                                       std::uint32_t tag, std::string& scratch);

// The raw bytes, decompressed into `scratch` where they were compressed.
std::optional<std::string_view> raw_bytes_of(const StoredFrame& frame, std::string& scratch);

// "frame 3 (inputs 512 to 767) at byte 40960"
std::string describe(const FramePlace& frame);

}  // namespace crashreel
