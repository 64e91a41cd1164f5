// Whatever the bytes are, salvage gives a reel that can be written, or an error; it shows nothing
// twice, and its memory and time are bounded by the bytes.
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "capture/base/check.h"
#include "capture/reel/reel_writer.h"
#include "capture/reel/ring_v1.h"
#include "capture/reel/salvage.h"
#include "capture/runtime/ring_format.h"

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

void seal_records(Bytes& bytes, std::size_t chunk, std::size_t size, std::uint32_t version) {
  for (std::size_t at = sizeof(ring::ChunkHeader); at + sizeof(ring::RecordHeader) <= size;) {
    std::size_t length = 0;
    reseal<ring::RecordHeader>(bytes, chunk + at, [&](ring::RecordHeader& header) {
      seal(header, version);
      length = ring::unpack_record(header).len;
    });
    at += sizeof(ring::RecordHeader) + ring::padded(length);
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
  for (std::size_t at = super.chunks_offset; bytes.size() - at >= super.chunk_bytes;
       at += super.chunk_bytes) {
    reseal<ring::ChunkHeader>(bytes, at,
                              [&](ring::ChunkHeader& header) { seal(header, super.version); });
    seal_records(bytes, at, super.chunk_bytes, super.version);
  }
  return bytes;
}

void salvage_and_check(std::span<const std::byte> bytes) {
  const Result<ReadReel> read = salvage_ring_bytes(bytes, "fuzz");
  if (!read) return;
  CRASHREEL_CHECK(check_reel(read->reel, "fuzz").has_value());
  std::size_t payload = 0;
  for (const Input& input : read->reel.inputs) payload += input.data.size();
  CRASHREEL_CHECK(payload <= bytes.size());
  CRASHREEL_CHECK(prelude_of(read->reel) <= read->reel.inputs.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  salvage_and_check({first, size});
  salvage_and_check(sealed(Bytes(first, first + size)));
  return 0;
}
