// Whatever the bytes are, salvage gives a reel that can be written, or an error; it shows nothing
// twice, and its memory and time are bounded by the bytes.
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/base/check.h"
#include "capture/reel/reel_writer.h"
#include "capture/reel/ring_v1.h"
#include "capture/runtime/ring_format.h"
#include "capture/runtime/ring_kept.h"
#include "capture/runtime/ring_sum.h"
#include "tests/capture/reel/whole_salvage.h"

using namespace crashreel;

namespace {

using Bytes = std::vector<std::byte>;

// Calls `seal` with a copy of the T at `at`, and writes it back, if the bytes reach that far.
template <typename T, typename Seal>
void reseal(Bytes& bytes, std::size_t at, Seal&& seal) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) return;
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  seal(value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

void seal(ring::RecordHeader& header, std::uint32_t version) {
  header = ring::pack_record(ring::unpack_record(header));
  if (version != 1) return;
  header.what = (header.what & 0xffffffffffff) | ring::v1::check_of(header) << 48;
}

void seal(ring::ChunkHeader& header, std::uint32_t version) {
  const std::uint32_t generation = ring::unpack(header.commit).generation;
  ring::Bank& bank = header.banks[generation & 1];
  bank.check =
      version == 1 ? ring::v1::check_of(bank, generation) : ring::check_of(bank, generation);
}

void seal_payload(Bytes& bytes, std::size_t at, std::size_t size) {
  const std::size_t sum_at = at + ring::padded(size);
  if (sum_at > bytes.size()) return;
  const auto* payload = reinterpret_cast<const unsigned char*>(bytes.data() + at);
  reseal<std::uint64_t>(bytes, sum_at,
                        [&](std::uint64_t& sum) { sum = ring::payload_sum(payload, size); });
}

void seal_records(Bytes& bytes, std::size_t chunk, const ring::Superblock& super) {
  const std::size_t size = super.chunk_bytes;
  const std::uint32_t without_payload = ring::record_bytes(super.payload_sum);
  for (std::size_t at = sizeof(ring::ChunkHeader); at + without_payload <= size;) {
    std::size_t length = 0;
    reseal<ring::RecordHeader>(bytes, chunk + at, [&](ring::RecordHeader& header) {
      seal(header, super.version);
      length = ring::unpack_record(header).len;
    });
    if (super.payload_sum != ring::PayloadSum::kNone) {
      seal_payload(bytes, chunk + at + sizeof(ring::RecordHeader), length);
    }
    at += without_payload + ring::padded(length);
  }
}

void seal(ring::CopyHeader& copy) {
  seal(copy.record, ring::kVersion);
  copy.check = ring::check_of(copy);
}

// Behind a copy's header; gives what the copy takes.
std::size_t seal_copy(Bytes& bytes, std::size_t at, ring::PayloadSum sum) {
  std::size_t length = 0;
  reseal<ring::CopyHeader>(bytes, at, [&](ring::CopyHeader& copy) {
    seal(copy);
    length = ring::unpack_record(copy.record).len;
  });
  if (sum == ring::PayloadSum::kCrc32cOfAll) {
    seal_payload(bytes, at + sizeof(ring::CopyHeader), length);
  }
  return ring::copy_bytes(length, sum);
}

void seal_heads(Bytes& bytes, const ring::Region& heads, ring::PayloadSum sum) {
  if (heads.count > ring::kMostHeads || heads.offset > bytes.size()) return;
  for (std::uint32_t i = 0; i < heads.count; ++i) {
    const std::size_t head =
        heads.offset + ring::first_head_at(heads.count) + std::size_t{i} * heads.stride;
    std::size_t at = sizeof(ring::HeadHeader);
    while (at + sizeof(ring::CopyHeader) <= heads.stride && head + at < bytes.size()) {
      at += seal_copy(bytes, head + at, sum);
    }
  }
}

void seal_pins(Bytes& bytes, const ring::Region& pins, ring::PayloadSum sum) {
  if (pins.count > ring::kMostPins || pins.offset > bytes.size()) return;
  if (pins.stride < ring::kMinPinBytes) return;
  for (std::uint32_t i = 0; i < pins.count; ++i) {
    const std::size_t pin = pins.offset + sizeof(ring::PinsHeader) + std::size_t{i} * pins.stride;
    std::size_t copy = 0;
    reseal<ring::PinHeader>(bytes, pin, [&](ring::PinHeader& header) {
      copy = pin + sizeof header + (header.version & 1) * ring::bytes_per_copy(pins.stride);
      reseal<ring::PinKey>(bytes, copy, [&](ring::PinKey& key) {
        if (key.size > sizeof key.bytes) return;
        header.key_hash = ring::hash_of_key(key.bytes, key.size);
        key.check = static_cast<std::uint32_t>(header.key_hash >> 32);
      });
    });
    if (copy == 0) continue;
    copy += sizeof(ring::PinKey);
    copy += seal_copy(bytes, copy, sum);
    seal_copy(bytes, copy, sum);  // what was masked
  }
}

// All checksums put right, for no fuzzer guesses those.
Bytes sealed(Bytes bytes) {
  ring::Superblock super{};
  reseal<ring::Superblock>(bytes, 0, [&](ring::Superblock& there) {
    there.magic = ring::kMagic;
    if (there.version != 1) there.version = ring::kVersion;
    there.byte_order = ring::kByteOrder;
    there.crc = ring::crc_of(there);
    super = there;
  });
  if (super.chunk_bytes < ring::kMinChunkBytes || super.chunk_bytes > ring::kMaxChunkBytes ||
      super.chunks_offset > bytes.size()) {
    return bytes;
  }
  seal_heads(bytes, super.heads, super.payload_sum);
  seal_pins(bytes, super.pins, super.payload_sum);
  for (std::size_t at = super.chunks_offset; bytes.size() - at >= super.chunk_bytes;
       at += super.chunk_bytes) {
    reseal<ring::ChunkHeader>(bytes, at,
                              [&](ring::ChunkHeader& header) { seal(header, super.version); });
    seal_records(bytes, at, super);
  }
  return bytes;
}

// What is read once more is the same, and what was counted is what comes.
void salvage_and_check(std::span<const std::byte> bytes) {
  Result<SalvagedRing> ring = scan_ring_bytes(bytes, "fuzz");
  if (!ring) return;
  const Result<ReelPlan> plan = plan_reel(ring->reel, *ring->inputs, "fuzz");
  CRASHREEL_CHECK(plan.has_value());
  CRASHREEL_CHECK(plan->facts.totals.counted_inputs == ring->counted_inputs);
  const auto forget = [](std::string_view) { return Result<void>(); };
  CRASHREEL_CHECK(write_reel_to(*plan, ring->reel.files, *ring->inputs, forget).has_value());
  const Result<ReadReel> read = collected(std::move(ring));
  CRASHREEL_CHECK(totals_of(read->reel.inputs).inputs == plan->facts.totals.inputs);
  std::size_t payload = 0;
  for (const Input& input : read->reel.inputs) payload += input.data.size();
  CRASHREEL_CHECK(payload <= bytes.size());
  for (std::size_t i = 1; i < read->reel.inputs.size(); ++i) {
    CRASHREEL_CHECK(read->reel.inputs[i - 1].seq < read->reel.inputs[i].seq);
  }
  CRASHREEL_CHECK(prelude_of(read->reel) <= read->reel.inputs.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  salvage_and_check({first, size});
  salvage_and_check(sealed(Bytes(first, first + size)));
  return 0;
}
