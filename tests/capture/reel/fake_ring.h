// A ring written by hand, byte for byte as RING.md says and by none of the recorder's code, so that
// a test can make any that a recorder might leave behind, and some that none would.
//
//   FakeRing ring({.prelude = 1});
//   ring.chunk(1, {.slot = 3, .prev_last = 50}).data(60, "GET").open(70).close(90);
//   salvage_ring_bytes(ring.bytes(), "fake");
//
// Stamps are nanoseconds since the program's start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/check.h"
#include "capture/reel/reel.h"
#include "capture/runtime/ring_format.h"
#include "capture/runtime/ring_kept.h"

namespace crashreel {

inline constexpr std::uint64_t kFakeStart = 1000000;  // of the monotonic clock

struct FakeRingPlan {
  std::uint32_t chunks = 12;  // fills the smallest ring
  std::uint32_t prelude = 0;
  std::uint64_t keep = 0;
  std::uint64_t keep_age = 0;
  std::uint32_t heads = 0;  // of 1 KiB each; fake_copies.h fills them
  std::uint32_t pins = 0;   // of 512 bytes each
};

struct FakeBank {
  std::uint32_t slot = 0;
  std::uint32_t generation = 1;
  std::uint64_t earliest = 0;  // 0: the first record's stamp
  std::uint64_t prev_last = 0;
  std::uint64_t lost_inputs = 0;
  std::uint64_t lost_bytes = 0;
};

// One chunk being filled; each call adds a record and sets header and commit word to match.
class FakeChunk {
 public:
  FakeChunk(unsigned char* at, const FakeBank& bank) : at_(at), bank_(bank) { seal(); }

  FakeChunk& data(std::uint64_t stamp, std::string_view bytes, std::uint32_t session = 1) {
    return record(stamp, InputKind::kData, session, bytes);
  }
  FakeChunk& open(std::uint64_t stamp, std::uint32_t session = 1,
                  std::string_view what = "tcp inbound") {
    return record(stamp, InputKind::kOpen, session, what);
  }
  FakeChunk& close(std::uint64_t stamp, std::uint32_t session = 1) {
    return record(stamp, InputKind::kClose, session, "");
  }
  // A piece of an input: flags of kFirst and kLast, extra as RING.md says.
  FakeChunk& piece(std::uint64_t stamp, std::string_view bytes, unsigned flags,
                   std::uint32_t extra) {
    return record(stamp, InputKind::kData, 1, bytes, flags, extra);
  }
  // The next input was begun and not committed.
  FakeChunk& torn() {
    header().begun = ring::pack({bank_.generation, records_ + 1, 0});
    return *this;
  }

  ring::ChunkHeader& header() { return *reinterpret_cast<ring::ChunkHeader*>(at_); }
  unsigned char* bytes() { return at_; }

 private:
  FakeChunk& record(std::uint64_t stamp, InputKind kind, std::uint32_t session,
                    std::string_view bytes, unsigned flags = ring::kFirst | ring::kLast,
                    std::uint32_t extra = 0) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    if (flags == (ring::kFirst | ring::kLast)) extra = size;
    const ring::RecordHeader header = ring::pack_record(
        {size, static_cast<std::uint32_t>(kind), flags, session, extra, kFakeStart + stamp});
    CRASHREEL_CHECK(committed_ + sizeof header + size <= ring::kMinChunkBytes);
    std::memcpy(at_ + committed_, &header, sizeof header);
    std::memcpy(at_ + committed_ + sizeof header, bytes.data(), size);
    committed_ += static_cast<std::uint32_t>(sizeof header + ring::padded(size));
    if (records_++ == 0 && bank_.earliest == 0) bank_.earliest = stamp;
    if ((flags & ring::kLast) != 0) {
      totals_.inputs += 1;
      totals_.bytes += (flags & ring::kFirst) != 0 ? size : extra + size;
    }
    totals_.last_stamp = kFakeStart + stamp;
    seal();
    return *this;
  }

  void seal() {
    const auto stamp = [](std::uint64_t ns) { return ns == 0 ? 0 : kFakeStart + ns; };
    ring::Bank bank{};
    bank.pid = 100;
    bank.tid = 100 + bank_.slot;
    bank.slot = bank_.slot;
    bank.earliest = stamp(bank_.earliest);
    bank.prev_last = stamp(bank_.prev_last);
    bank.lost_inputs = bank_.lost_inputs;
    bank.lost_bytes = bank_.lost_bytes;
    bank.pair = {bank.earliest, bank.earliest};
    bank.check = ring::check_of(bank, bank_.generation);
    header().banks[bank_.generation & 1] = bank;
    header().totals[records_ & 1] = totals_;
    header().commit = ring::pack({bank_.generation, records_, committed_});
  }

  unsigned char* at_;
  FakeBank bank_;
  std::uint32_t records_ = 0;
  std::uint32_t committed_ = sizeof(ring::ChunkHeader);
  ring::Totals totals_{};
};

class FakeRing {
 public:
  explicit FakeRing(const FakeRingPlan& plan = {}) {
    ring::Superblock super{};
    super.magic = ring::kMagic;
    super.version = ring::kVersion;
    super.byte_order = ring::kByteOrder;
    super.superblock_bytes = sizeof super;
    super.immutable_bytes = 256;
    super.end_offset = 4096;
    super.end_bytes = 4096;
    super.facts_offset = 8192;
    super.facts_bytes = 8192;
    super.chunks_offset = 16384;
    const auto room = [&](ring::Region& region, std::uint64_t front, std::uint32_t stride,
                          std::uint32_t count) {
      if (count == 0) return;
      region = {super.chunks_offset, front + std::uint64_t{count} * stride, stride, count};
      super.chunks_offset += ring::padded(region.bytes);
    };
    room(super.heads, ring::first_head_at(plan.heads), ring::kMinHeadBytes, plan.heads);
    room(super.pins, sizeof(ring::PinsHeader), 2 * ring::kMinPinBytes, plan.pins);
    super.chunk_bytes = ring::kMinChunkBytes;
    super.chunk_count = plan.chunks;
    super.ring_bytes = super.chunks_offset + std::uint64_t{plan.chunks} * super.chunk_bytes;
    if (super.ring_bytes < ring::kMinRingBytes) super.ring_bytes = ring::kMinRingBytes;
    super.prelude_chunks = plan.prelude;
    super.chunk_header_bytes = sizeof(ring::ChunkHeader);
    super.record_header_bytes = sizeof(ring::RecordHeader);
    super.clock = ring::Clock::kMonotonic;
    super.keep_inputs = plan.keep;
    super.keep_age_ns = plan.keep_age;
    super.pid = 100;
    super.start = {kFakeStart, kFakeStart};
    super.ready = {kFakeStart + 1, kFakeStart + 1};
    super.crc = ring::crc_of(super);
    bytes_.resize(super.ring_bytes);
    std::memcpy(bytes_.data(), &super, sizeof super);
  }

  ring::Superblock& super() { return *reinterpret_cast<ring::Superblock*>(bytes_.data()); }
  void seal_super() { super().crc = ring::crc_of(super()); }

  std::size_t offset_of_chunk(std::uint32_t index) {
    return super().chunks_offset + std::size_t{index} * super().chunk_bytes;
  }
  FakeChunk chunk(std::uint32_t index, const FakeBank& bank = {}) {
    return {bytes_.data() + offset_of_chunk(index), bank};
  }

  // Adds one entry to the facts.
  void fact(ring::Fact kind, std::string_view payload) {
    ring::FactHeader header{static_cast<std::uint32_t>(kind),
                            static_cast<std::uint32_t>(payload.size()), 0, 0};
    header.crc = ring::crc_of(header, payload.data());
    unsigned char* at = bytes_.data() + super().facts_offset + super().facts_committed;
    std::memcpy(at, &header, sizeof header);
    std::memcpy(at + sizeof header, payload.data(), payload.size());
    super().facts_committed += sizeof header + ring::padded(payload.size());
  }

  std::vector<unsigned char>& raw() { return bytes_; }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(bytes_)); }

 private:
  std::vector<unsigned char> bytes_;
};

}  // namespace crashreel
