// How do inputs become bytes, many at a time? The content of inputs and index frames (FORMAT.md).
// Decoders take hostile bytes and answer nothing where they don't fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/reel/reel.h"
#include "capture/reel/reel_format.h"

namespace crashreel {

// An upper bound of what one input takes up in a frame.
std::size_t encoded_size_at_most(const Input& input);

// The inputs' seqs must rise strictly; so do the decoded ones'.
std::string encode_inputs(std::span<const Input> inputs);
// `version`: of the frame that they come from. Version 1 knows no places: all are the tail's.
std::optional<std::vector<Input>> decode_inputs(std::string_view raw, std::size_t count,
                                                std::uint16_t version = kReelVersion);

// What the index says of a frame.
struct IndexEntry {
  FrameType type = FrameType::kFacts;
  std::uint32_t stored_bytes = 0;
  std::uint32_t inputs = 0;
  std::uint64_t first_seq = 0;  // of an inputs frame

  bool operator==(const IndexEntry&) const = default;
};

std::string encode_index(std::span<const IndexEntry> entries);
std::optional<std::vector<IndexEntry>> decode_index(std::string_view raw);

}  // namespace crashreel
