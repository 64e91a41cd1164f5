// What are the inputs that were selected, from the oldest to the newest?
//
// Merges the chunks by their stamps and reads payloads as it comes to them, as often as it is asked
// to. Memory is a window of each chunk that is being read, as many as there were threads, and one
// input; of a chunk that has nothing for the reel nothing is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "capture/reel/chunk_table.h"
#include "capture/reel/input_source.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/ring_time.h"
#include "capture/reel/salvage_select.h"
#include "capture/reel/stamp_heap.h"

namespace crashreel {

// Seqs of the inputs that were selected, without those of the prelude, which count from 0.
struct Numbers {
  std::uint64_t between;   // of the first one before the complete part; the others follow
  std::uint64_t complete;  // of the first one from where on nothing is missing
};

class KeptInputs : public InputSource {
 public:
  // The spans in the table are what they are: NewestFirst has been through them.
  KeptInputs(std::shared_ptr<const RingImage> image, const ChunkTable& table, Selection selection,
             Numbers numbers, RingTime time);

  void rewind() override;
  const Input* next() override;

 private:
  struct Open {
    explicit Open(const RingImage& image, std::uint32_t window) : chunk(image, window) {}

    std::uint32_t number = 0;
    Owner owner;
    ChunkWindow chunk;
    RecordWalk walk;
    Piece piece;  // where it stands
  };

  bool has_kept_inputs(const ChunkSpan& span) const;
  std::uint32_t window_for_all() const;
  void open_chunks_to(std::uint64_t stamp);
  void open(const ChunkSpan& span);
  bool step(Open& open) const;
  static PiecePosition position_of(const Open& open, std::uint32_t place);
  bool take_pieces();
  void leave_pieces();
  std::optional<std::pair<Place, std::uint64_t>> place_and_seq();
  void take_payload();
  const Input* give(Place place, std::uint64_t seq, const Piece& piece, const Owner& owner);
  const Input* give_copy(const Between& between);

  std::shared_ptr<const RingImage> image_;
  ChunkFormat format_;
  std::uint64_t newest_;
  std::vector<ChunkSpan> chunks_;  // those that have some, by their first stamps
  Selection selection_;
  Numbers numbers_;
  RingTime time_;
  std::uint32_t window_bytes_;

  // Where reading stands.
  std::size_t next_chunk_ = 0;
  std::size_t next_between_ = 0;
  std::uint64_t prelude_given_ = 0;
  std::uint64_t between_given_ = 0;
  std::uint64_t tail_given_ = 0;
  std::uint64_t latest_ns_ = 0;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> threads_;
  std::vector<std::unique_ptr<Open>> open_;
  std::vector<std::uint32_t> closed_;  // places in open_ that can be used again
  StampHeap<Later> heap_;

  // The pieces that come next, by where they begin, and the chunks that stand at them.
  Position at_;
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> owners_;
  bool left_in_heap_ = false;
  Input input_;
};

}  // namespace crashreel
