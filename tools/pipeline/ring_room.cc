#include "tools/pipeline/ring_room.h"

#include <algorithm>

#include "capture/runtime/ring_format.h"

namespace crashreel {
namespace {

// A pool chunk is overwritten only after three quarters of the pool were taken since it was full.
constexpr std::uint64_t kPool = 4, kOfPool = 3;
// Of a ring 1/16 is the prelude's, 1/16 the heads', 1/64 each the facts', the pins' and the crash
// memory's: 53/64 are left, unless somebody asked for other shares.
constexpr std::uint64_t kRing = 64, kOfRing = 53;
// Where these have a smallest size, and of each chunk the header and a rest that no record fills.
constexpr std::uint64_t kFixed = 64 << 10;
constexpr std::uint64_t kChunk = 256, kOfChunk = 236;
constexpr std::uint64_t kAlignment = 8;
constexpr std::uint64_t kMostBytes = ring::kMaxRingBytes * 16;  // no ring keeps so much
// Rings are asked for in steps of this, and of 1 MiB where they are larger than that.
constexpr std::uint64_t kSmallStep = 64 << 10, kStep = 1 << 20;

std::uint64_t rounded_up(std::uint64_t bytes, std::uint64_t step) {
  return (bytes + step - 1) / step * step;
}

}  // namespace

std::uint64_t record_bytes_in_ring(std::uint64_t payload_bytes) {
  return ring::record_bytes(ring::PayloadSum::kCrc32c) + ring::padded(payload_bytes);
}

std::optional<std::uint64_t> ring_that_keeps(std::uint64_t record_bytes) {
  if (record_bytes > ring::kMaxRingBytes) return std::nullopt;
  const std::uint64_t pool = record_bytes * kChunk / kOfChunk * kPool / kOfPool;
  const std::uint64_t bytes = pool * kRing / kOfRing + kFixed;
  const std::uint64_t ring = rounded_up(bytes, bytes > kStep ? kStep : kSmallStep);
  if (ring > ring::kMaxRingBytes) return std::nullopt;
  return std::max(ring, ring::kMinRingBytes);
}

// The numbers of the loss are the file's, and may be any: hence no whole numbers, which overflow.
std::uint64_t record_bytes_since_start(const Reel& reel) {
  const auto overwritten = static_cast<double>(reel.loss.overwritten_inputs);
  const auto unseen =
      static_cast<double>(reel.loss.trimmed_inputs) + static_cast<double>(reel.loss.sparse_inputs);
  const auto around = static_cast<double>(record_bytes_in_ring(0) + kAlignment / 2);
  double bytes = static_cast<double>(reel.loss.overwritten_bytes) + overwritten * around;
  for (const Input& input : reel.inputs) {
    bytes += static_cast<double>(record_bytes_in_ring(input.data.size()));
  }
  const double seen = static_cast<double>(reel.inputs.size()) + overwritten;
  if (seen > 0) bytes += bytes / seen * unseen;
  return bytes < static_cast<double>(kMostBytes) ? static_cast<std::uint64_t>(bytes) : kMostBytes;
}

}  // namespace crashreel
