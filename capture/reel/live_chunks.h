// What is in the chunks of a ring that somebody still writes?
//
// A chunk may change while it is read, and the chunks are read one after the other. So each is read
// until it held still for what is taken from it, and the newest records are left out: those from
// the moment on at which all chunks were last known to be as they were read.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/reel/ring_chunk.h"
#include "capture/reel/ring_image.h"

namespace crashreel {

struct LiveChunks {
  std::vector<ChunkContent> contents;  // of the whole chunks of the file
  std::uint64_t newest = 0;            // stamp of the last record that counts
};

// Memory is that of the ring.
LiveChunks read_live_chunks(const RingImage& image);

}  // namespace crashreel
