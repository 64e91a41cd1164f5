#include "capture/reel/ring_image.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>

#include "capture/reel/reel_format.h"
#include "capture/runtime/ring_crash.h"

namespace crashreel {
namespace {

using ring::Superblock;

Error damaged_ring(const std::string& name, const std::string& what) {
  return Error{Trouble::kDamaged, name + ": " + what};
}

std::string bytes_in_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x ", static_cast<unsigned char>(c));
    text += digits;
  }
  if (!text.empty()) text.pop_back();
  return text;
}

// The first eight bytes are not a ring's. What are they?
Error not_a_ring(const std::string& name, std::string_view first) {
  if (first == kReelMagic) {
    return damaged_ring(name, "is a reel, not a ring; it needs no salvage, use it as it is");
  }
  if (first.empty())
    return damaged_ring(name, "is empty, not a ring; name the file of a recorded run");
  if (first.find_first_not_of('\0') == std::string_view::npos) {
    return damaged_ring(
        name,
        "is a ring that was never finished: its program ended while making it, or is "
        "making it now; record once more");
  }
  return damaged_ring(name, "is no ring: it begins with " + bytes_in_hex(first) +
                                "; name the file that the recorded program wrote");
}

// Region [offset, offset + bytes) lies inside the ring, behind the superblock.
bool inside(std::uint64_t offset, std::uint64_t bytes, const Superblock& super) {
  return offset >= sizeof(Superblock) && offset % 8 == 0 && offset <= super.ring_bytes &&
         bytes <= super.ring_bytes - offset;
}

bool absent_or_inside(const ring::Region& region, const Superblock& super) {
  const bool absent = region.offset == 0 && region.bytes == 0 && region.count == 0;
  return absent || (inside(region.offset, region.bytes, super) &&
                    region.offset + region.bytes <= super.chunks_offset &&
                    std::uint64_t{region.stride} * region.count <= region.bytes);
}

bool apart(const ring::Region& one, const ring::Region& other) {
  return one.offset + one.bytes <= other.offset || other.offset + other.bytes <= one.offset;
}

// The checksum fits, so this is what some writer meant; still it may be a hostile one.
bool plausible(const Superblock& super) {
  const std::uint64_t chunk = super.chunk_bytes;
  return super.superblock_bytes == sizeof(Superblock) && super.ring_bytes >= ring::kMinRingBytes &&
         super.ring_bytes <= ring::kMaxRingBytes && chunk >= ring::kMinChunkBytes &&
         chunk <= ring::kMaxChunkBytes && chunk % 8 == 0 && super.chunk_count >= ring::kMinChunks &&
         super.prelude_chunks <= super.chunk_count / 2 &&
         super.chunk_header_bytes == sizeof(ring::ChunkHeader) &&
         super.record_header_bytes == sizeof(ring::RecordHeader) &&
         (super.clock == ring::Clock::kCycles || super.clock == ring::Clock::kMonotonic) &&
         inside(super.end_offset, super.end_bytes, super) &&
         inside(super.facts_offset, super.facts_bytes, super) &&
         super.facts_bytes <= ring::kMaxFactsBytes && super.end_bytes >= sizeof(ring::EndHeader) &&
         super.end_bytes <= sizeof(Superblock) &&
         super.payload_sum <= ring::PayloadSum::kCrc32cOfAll &&
         absent_or_inside(super.heads, super) && absent_or_inside(super.pins, super) &&
         apart(super.heads, super.pins) && super.chunks_offset <= super.ring_bytes &&
         inside(super.chunks_offset, chunk * super.chunk_count, super) &&
         (super.crash_bytes == 0 ||
          (inside(super.crash_offset, super.crash_bytes, super) &&
           super.crash_bytes >= ring::kMinCrashBytes && super.crash_bytes <= ring::kMaxCrashBytes));
}

std::optional<Error> trouble_with(const Superblock& super, const std::string& name) {
  if (super.byte_order != ring::kByteOrder) {
    if (super.byte_order == __builtin_bswap32(ring::kByteOrder)) {
      return damaged_ring(name, "ring of a machine with the other byte order; salvage it there");
    }
  } else if (super.version < ring::kOldestVersion || super.version > ring::kVersion) {
    return damaged_ring(name, "ring of version " + std::to_string(super.version) +
                                  ", this crashreel reads versions " +
                                  std::to_string(ring::kOldestVersion) + " to " +
                                  std::to_string(ring::kVersion) +
                                  "; salvage it with the one that recorded it");
  }
  const std::uint32_t crc = ring::crc_of(super);
  if (super.crc != crc) {
    return damaged_ring(name, "the superblock (bytes 0 to 255) is damaged: its checksum is " +
                                  std::to_string(crc) + ", not " + std::to_string(super.crc) +
                                  "; copy the ring again if its machine still has it");
  }
  if (!plausible(super)) {
    return damaged_ring(name,
                        "the superblock (bytes 0 to 255) is sound but says what no ring can have; "
                        "name the file that the recorded program wrote");
  }
  return std::nullopt;
}

}  // namespace

Result<RingImage> RingImage::over_source(std::unique_ptr<ByteSource> source,
                                         const std::string& name) {
  std::string scratch;
  const auto read =
      source->view(0, std::min<std::uint64_t>(source->size(), sizeof(Superblock)), scratch);
  if (!read) {
    return Error{Trouble::kEnvironment, name + ": can't be read; copy it to a sound disk"};
  }
  const std::string_view magic(reinterpret_cast<const char*>(ring::kMagic.data()),
                               ring::kMagic.size());
  if (read->substr(0, magic.size()) != magic) return not_a_ring(name, read->substr(0, 8));
  if (read->size() < sizeof(Superblock)) {
    return damaged_ring(name, "ring cut inside its superblock, at byte " +
                                  std::to_string(read->size()) + " of " +
                                  std::to_string(sizeof(Superblock)) + "; copy it again");
  }
  Superblock super;
  std::memcpy(&super, read->data(), sizeof super);
  if (auto trouble = trouble_with(super, name)) return *trouble;
  return RingImage(std::move(source), super);
}

Result<RingImage> RingImage::open(const std::string& path) {
  auto source = open_file(path, "a ring");
  if (!source) return source.error();
  return over_source(std::move(*source), path);
}

Result<RingImage> RingImage::over(std::span<const std::byte> bytes, const std::string& name) {
  return over_source(borrow_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}),
                     name);
}

std::uint32_t RingImage::whole_chunks() const {
  if (file_bytes() <= super_.chunks_offset) return 0;
  const std::uint64_t whole = (file_bytes() - super_.chunks_offset) / super_.chunk_bytes;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(whole, super_.chunk_count));
}

std::optional<std::string_view> RingImage::chunk(std::uint32_t index, std::string& scratch) const {
  return bytes_of_chunk(index, 0, super_.chunk_bytes, scratch);
}

std::optional<std::string_view> RingImage::bytes_of_chunk(std::uint32_t index, std::uint64_t at,
                                                          std::uint64_t size,
                                                          std::string& scratch) const {
  const std::uint64_t chunk = super_.chunks_offset + std::uint64_t{index} * super_.chunk_bytes;
  return source_->view(chunk + at, size, scratch);
}

std::optional<std::string_view> RingImage::bytes(std::uint64_t offset, std::uint64_t size,
                                                 std::string& scratch) const {
  return source_->view(offset, size, scratch);
}

std::optional<std::uint64_t> RingImage::commit_word(std::uint32_t index) const {
  const std::uint64_t at = super_.chunks_offset + std::uint64_t{index} * super_.chunk_bytes;
  std::string scratch;
  std::optional<std::uint64_t> word;
  // Reading a file promises no whole words, and the word only ever moves on: seen twice, it was
  // there. Neither compiler nor machine may move the reading of a chunk across this one.
  for (;;) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const auto bytes = source_->view(at, sizeof(std::uint64_t), scratch);
    if (!bytes) return std::nullopt;
    std::uint64_t seen;
    std::memcpy(&seen, bytes->data(), sizeof seen);
    if (word == seen) break;
    word = seen;
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return word;
}

std::optional<std::string_view> RingImage::end(std::string& scratch) const {
  return source_->view(super_.end_offset, super_.end_bytes, scratch);
}

std::optional<std::string_view> RingImage::crash(std::string& scratch) const {
  if (super_.crash_bytes == 0) return std::nullopt;
  return source_->view(super_.crash_offset, super_.crash_bytes, scratch);
}

std::optional<std::string_view> RingImage::facts(std::string& scratch) const {
  if (super_.facts_committed > super_.facts_bytes) return std::nullopt;
  return source_->view(super_.facts_offset, super_.facts_committed, scratch);
}

}  // namespace crashreel
