// Which whole inputs do the chunks of a ring hold, from the newest to the oldest?
//
// Each chunk is read once, when the way back comes to its last record, and of chunks that lie side
// by side in time the records' headers are kept: of as many chunks as there were threads. Puts
// pieces together, counts what is not whole, and collects what is damaged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/reel/chunk_table.h"
#include "capture/reel/stamp_heap.h"

namespace crashreel {

struct WholeInput {
  Position at;
  std::uint32_t session = 0;
  std::uint64_t size = 0;  // of the payload
  std::uint8_t kind = 0;
  bool cut = false;
  Opening opening = Opening::kInbound;  // of an opening
};

// Do the pieces, by where they begin, make an input of this payload? The first one says how much.
bool is_whole(std::span<const Piece> pieces);
inline bool is_whole(const Piece& piece) {
  return piece.is_first() && piece.is_last() && piece.extra == piece.size;
}

class NewestFirst {
 public:
  // Both must outlive this. Notes in the table where each chunk's records begin and end.
  NewestFirst(const RingImage& image, ChunkTable& table);

  // False at the end. Most inputs are one piece, and go the short way.
  bool next(WholeInput& input) { return take_single(input) || take_any(input); }

  // Complete after the end.
  std::uint64_t overwritten_inputs() const { return overwritten_inputs_; }
  std::uint64_t overwritten_bytes() const { return overwritten_bytes_; }
  std::uint64_t torn_inputs() const { return torn_inputs_; }
  Damage damage() const;
  // Some chunk said wrongly when its last record was, so inputs came out of order:
  // measure_spans() and begin anew.
  bool lost_its_way() const { return lost_its_way_; }

 private:
  // A chunk that the way back has come to.
  struct Open {
    std::uint32_t chunk = 0;
    Owner owner;
    bool given_back = false;
    bool* slot_was_seen = nullptr;
    std::vector<Piece> pieces;  // those that are still to come
  };

  void open_chunks();
  void open(ChunkSpan& span);
  bool take_single(WholeInput& input);
  bool take_any(WholeInput& input);
  void take_pieces();
  void step(std::uint32_t number);
  void judge_incomplete();
  bool was_left(const Piece& piece) const;
  Opening opening_of_pieces() const;

  const RingImage& image_;
  ChunkTable& table_;
  std::vector<std::size_t> unopened_;  // places in the table, the latest at the end
  std::uint64_t next_last_ = 0;        // what the one at the end says is its last stamp
  std::vector<Open> open_;
  std::vector<std::uint32_t> closed_;  // places in open_ that can be used again
  StampHeap<Earlier> heap_;
  std::unordered_map<std::uint32_t, bool> slots_;  // was a record of it given?
  std::optional<std::uint64_t> given_;             // stamp of what was taken last
  std::string scratch_;

  // The input that was taken last: its pieces by where they begin.
  Position at_;
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> chunks_;  // of each
  bool last_given_back_ = false;
  bool newest_of_slot_ = false;

  std::uint64_t overwritten_inputs_ = 0;
  std::uint64_t overwritten_bytes_ = 0;
  std::uint64_t torn_inputs_ = 0;
  std::uint64_t lost_chunks_ = 0;
  std::uint64_t lost_inputs_ = 0;
  ChunkNotes notes_;
  std::deque<std::string> notes_of_inputs_;  // the oldest input's first
  bool lost_its_way_ = false;
};

// Field by field: a copy of fields that were just stored one by one makes the CPU wait for all of
// these stores, longer than all else takes.
inline void fill(WholeInput& input, const Piece& first, const Position& at) {
  input.at.stamp = at.stamp;
  input.at.slot = at.slot;
  input.session = first.session;
  input.size = first.extra;
  input.kind = first.kind;
  input.cut = first.is_cut();
  input.opening = first.opening;
}

// The newest input that is left, if it is one whole piece.
inline bool NewestFirst::take_single(WholeInput& input) {
  if (heap_.empty() || next_last_ >= heap_.front().input.stamp) return false;
  const PiecePosition& front = heap_.front();
  Open& open = open_[front.owner];
  const Piece& piece = open.pieces.back();
  if (!is_whole(piece) || !heap_.front_is_alone()) return false;
  fill(input, piece, front.input);
  given_ = piece.stamp;
  *open.slot_was_seen = true;
  step(front.owner);
  return true;
}

// The chunk at the front of the heap goes on to its next older record.
inline void NewestFirst::step(std::uint32_t number) {
  Open& open = open_[number];
  open.pieces.pop_back();
  if (!open.pieces.empty()) {
    const Piece& piece = open.pieces.back();
    return heap_.move_front(piece.stamp, piece.begin());
  }
  heap_.pop();
  closed_.push_back(number);
}

}  // namespace crashreel
