// What is in all chunks of a ring together?
//
// The first half of salvage: reads every chunk once, adds up what was overwritten, finds the
// horizon and puts the pieces of fragmented inputs together. Which of them belong into a reel is
// the second half's business (salvage.cc).
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "capture/reel/reel_reader.h"
#include "capture/reel/ring_chunk.h"
#include "capture/reel/ring_image.h"

namespace crashreel {

struct Collection {
  std::vector<Piece> inputs;  // whole ones, by (stamp, slot); `data` is all their payload

  std::uint64_t overwritten_inputs = 0;
  std::uint64_t overwritten_bytes = 0;
  std::uint64_t torn_inputs = 0;

  // Above the horizon nothing is missing; before the pool's earliest stamp nothing is either.
  std::uint64_t horizon = 0;
  std::uint64_t pool_earliest = std::numeric_limits<std::uint64_t>::max();

  // Of a ring that is being written nothing newer than this is here.
  bool live = false;
  std::uint64_t newest = std::numeric_limits<std::uint64_t>::max();

  std::vector<ring::ClockPair> clock_pairs;
  Damage damage;
};

Collection collect(const RingImage& image);
// The same of a ring whose writer goes on (live_chunks.h).
Collection collect_live(const RingImage& image);

// Keeps a note unless there are enough already.
void note(Damage& damage, std::string text);

}  // namespace crashreel
