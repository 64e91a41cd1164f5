// Salvage with all inputs in memory, for tests that look at each of them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "capture/reel/salvage.h"

namespace crashreel {

inline Result<ReadReel> collected(Result<SalvagedRing> ring) {
  if (!ring) return ring.error();
  ReadReel read{std::move(ring->reel), std::move(ring->damage)};
  ring->inputs->rewind();
  while (const Input* input = ring->inputs->next()) read.reel.inputs.push_back(*input);
  return read;
}

inline Result<ReadReel> salvage_ring(const std::string& path) {
  return collected(scan_ring(path));
}

inline Result<ReadReel> salvage_live_ring(const std::string& path) {
  return collected(scan_live_ring(path, std::filesystem::temp_directory_path()));
}

inline Result<ReadReel> salvage_ring_bytes(std::span<const std::byte> bytes,
                                           const std::string& name) {
  return collected(scan_ring_bytes(bytes, name));
}

}  // namespace crashreel
