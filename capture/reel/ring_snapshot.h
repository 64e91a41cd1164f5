// What is in a ring that somebody still writes?
//
// Its chunks may change while they are read, and they are read one after the other. So each is
// copied until it held still for what is taken from it, and the newest records are left out: those
// from the moment on at which all chunks were last known to be as they were copied. What comes of
// it is a ring that nobody writes, for whoever reads rings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/chunk_table.h"
#include "capture/reel/ring_copies.h"
#include "capture/reel/ring_image.h"

namespace crashreel {

struct RingSnapshot {
  std::shared_ptr<const RingImage> image;  // a file without a name, gone with this
  std::uint64_t newest = 0;                // stamp of the last record that counts
  RingCopies copies;                       // those that count
  ChunkNotes unreadable;
};

// `name`: of the ring, in errors. Memory is that of a chunk and a few words for each.
Result<RingSnapshot> take_snapshot(const RingImage& live, const std::string& name,
                                   const std::string& scratch_folder);

}  // namespace crashreel
