// Which bytes hold a reel file together? The numbers and fixed structures of FORMAT.md: header,
// frame headers, trailer, bounds. What is in the frames is facts_codec.h's and input_codec.h's.
//
// Every decode_ function takes hostile bytes and answers nothing where magic, checksum or a bound
// does not hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crashreel {

inline constexpr std::uint16_t kReelVersion = 2;
inline constexpr std::uint16_t kOldestReelVersion = 1;  // that is still read
inline constexpr std::string_view kReelMagic{"\x89REEL\r\n\x1a", 8};
inline constexpr std::string_view kReelEndMagic{"\x1a\n\rLEER\x89", 8};
inline constexpr std::string_view kFrameSync{"\xf5RF\xaa", 4};

inline constexpr std::size_t kReelHeaderBytes = 20;
inline constexpr std::size_t kFrameHeaderBytes = 44;
inline constexpr std::size_t kTrailerBytes = 28;

// Bounds of the format.
inline constexpr std::uint64_t kMaxPayloadBytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kMaxFrameBytes = kMaxPayloadBytes + (std::uint64_t{1} << 20);
inline constexpr std::uint64_t kMaxFactsBytes = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kMaxFrameInputs = 65536;
inline constexpr std::uint64_t kMaxInputs = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kMaxFrames = std::uint64_t{1} << 24;
// Raw, all frames together: no ring is larger.
inline constexpr std::uint64_t kMaxReelBytes = std::uint64_t{64} << 30;
inline constexpr std::uint64_t kMaxListEntries = 65536;  // argv, env
inline constexpr std::uint64_t kMaxFiles = 4096;
inline constexpr std::uint64_t kMaxRedactionRules = 64;
inline constexpr std::uint64_t kMaxPathBytes = 65536;
inline constexpr std::uint64_t kMaxStackFrames = 4096;
inline constexpr std::uint64_t kMaxSections = 256;

constexpr bool is_read(std::uint16_t version) {
  return version >= kOldestReelVersion && version <= kReelVersion;
}

struct ReelHeader {
  std::uint16_t version = kReelVersion;
  std::uint16_t flags = 0;
  std::uint32_t tag = 0;
};

enum class FrameType : std::uint8_t { kFacts = 1, kFile = 2, kInputs = 3, kIndex = 4 };
enum class FrameEncoding : std::uint8_t { kStored = 0, kZstd = 1 };

struct FrameHeader {
  std::uint16_t version = kReelVersion;
  FrameType type = FrameType::kFacts;
  FrameEncoding encoding = FrameEncoding::kStored;
  std::uint32_t tag = 0;
  std::uint32_t ordinal = 0;
  std::uint32_t stored_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint64_t place = 0;   // of the first input in the reel
  std::uint32_t inputs = 0;  // in this frame
  std::uint32_t stored_crc = 0;

  bool operator==(const FrameHeader&) const = default;
};

struct Trailer {
  std::uint64_t index_at = 0;  // offset of the index frame
  std::uint32_t tag = 0;
  std::uint32_t frames = 0;
};

std::string encode(const ReelHeader& header);
std::string encode(const FrameHeader& header);
std::string encode(const Trailer& trailer);

// The version is not looked at: a reader must be able to name it.
std::optional<ReelHeader> decode_reel_header(std::string_view bytes);
std::optional<FrameHeader> decode_frame_header(std::string_view bytes);
std::optional<Trailer> decode_trailer(std::string_view bytes);

}  // namespace crashreel
