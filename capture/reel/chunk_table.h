// Which chunks of a ring have records, of when, and what did they overwrite?
//
// Reads the heads of all chunks and nothing behind them: a few bytes are kept of each. Says the
// horizon, and where the prelude ends.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "capture/reel/reel_reader.h"
#include "capture/reel/ring_chunk.h"
#include "capture/reel/ring_image.h"

namespace crashreel {

// Keeps a note unless there are enough already.
void note(Damage& damage, std::string text);

// More than any program records; sums of forged numbers stop here instead of wrapping.
void add_bounded(std::uint64_t& sum, std::uint64_t value);

// What salvage says of chunks, in the chunks' order.
using ChunkNotes = std::map<std::uint32_t, std::vector<std::string>>;

// Stamps of a chunk's first and last record. Until it was walked `first` is 0, and `last` is what
// the writer said, which need not be so.
struct ChunkSpan {
  std::uint32_t chunk = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct ChunkTable {
  ChunkFormat format;
  // Of a ring that was being written: nothing newer is believed.
  std::uint64_t newest = std::numeric_limits<std::uint64_t>::max();
  std::vector<ChunkSpan> chunks;  // that can be walked, by their numbers

  // Above the horizon nothing is missing; before the pool's earliest stamp nothing is either.
  std::uint64_t horizon = 0;
  std::uint64_t pool_earliest = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t overwritten_inputs = 0;
  std::uint64_t overwritten_bytes = 0;
  std::vector<ring::ClockPair> clock_pairs;

  std::uint64_t lost_chunks = 0;
  ChunkNotes notes;
  std::string cut;  // what there is to say of a file that ends too early
};

ChunkTable read_chunk_table(const RingImage& image, bool live, std::uint64_t newest);

// Walks every chunk, so that all stamps are what they are.
void measure_spans(const RingImage& image, ChunkTable& table);

// The records that count, of a chunk that can be read; else nothing but a note.
ChunkContent walk_chunk(const RingImage& image, const ChunkTable& table, std::uint32_t chunk,
                        std::string& scratch);

}  // namespace crashreel
