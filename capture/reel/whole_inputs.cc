#include "capture/reel/whole_inputs.h"

#include <algorithm>
#include <utility>

#include "capture/reel/reel.h"

namespace crashreel {

bool is_whole(std::span<const Piece> pieces) {
  const Piece& first = pieces.front();
  if (!first.is_first() || !pieces.back().is_last()) return false;
  std::uint64_t joined = 0;
  for (const Piece& piece : pieces) {
    if (piece.begin() != joined) return false;
    joined += piece.size;
  }
  return joined == first.extra && joined <= ring::kMaxPayloadBytes;
}

NewestFirst::NewestFirst(const RingImage& image, ChunkTable& table)
    : image_(image), table_(table), unopened_(table.chunks.size()) {
  for (std::size_t i = 0; i < unopened_.size(); ++i) unopened_[i] = i;
  std::ranges::stable_sort(unopened_, {}, [&](std::size_t i) { return table.chunks[i].last; });
  if (!unopened_.empty()) next_last_ = table.chunks[unopened_.back()].last;
}

bool NewestFirst::take_any(WholeInput& input) {
  for (;;) {
    if (heap_.empty() || next_last_ >= heap_.front().input.stamp) open_chunks();
    if (heap_.empty()) return false;
    take_pieces();
    if (is_whole(pieces_)) break;
    judge_incomplete();
  }
  fill(input, pieces_.front(), at_);
  const bool opens = input.kind == static_cast<std::uint8_t>(InputKind::kOpen);
  if (opens && pieces_.size() > 1) input.opening = opening_of_pieces();
  return true;
}

// All pieces of the newest input that is left.
void NewestFirst::take_pieces() {
  at_ = heap_.front().input;
  given_ = at_.stamp;
  pieces_.clear();
  chunks_.clear();
  const Open& newest = open_[heap_.front().owner];
  last_given_back_ = newest.given_back;
  newest_of_slot_ = !*newest.slot_was_seen;
  *newest.slot_was_seen = true;
  while (!heap_.empty() && heap_.front().input == at_) {
    const std::uint32_t number = heap_.front().owner;
    pieces_.push_back(open_[number].pieces.back());
    chunks_.push_back(open_[number].chunk);
    step(number);
  }
  std::ranges::reverse(pieces_);
  std::ranges::reverse(chunks_);
}

// Those that may have a record as new as the newest that is left; where none is left, the next one
// that has records.
void NewestFirst::open_chunks() {
  while (!unopened_.empty() && (heap_.empty() || next_last_ >= heap_.front().input.stamp)) {
    ChunkSpan& span = table_.chunks[unopened_.back()];
    unopened_.pop_back();
    next_last_ = unopened_.empty() ? 0 : table_.chunks[unopened_.back()].last;
    open(span);
  }
}

void NewestFirst::open(ChunkSpan& span) {
  ChunkContent content = walk_chunk(image_, table_, span.chunk, scratch_);
  if (!content.damage.empty()) notes_[span.chunk] = std::move(content.damage);
  lost_chunks_ += content.head.unusable ? 1 : 0;
  lost_inputs_ += content.missing_inputs;
  torn_inputs_ += content.torn ? 1 : 0;
  span.first = span.last = 0;
  if (content.pieces.empty()) return;
  span.first = content.pieces.front().stamp;
  span.last = content.pieces.back().stamp;
  if (given_ && span.last >= *given_) lost_its_way_ = true;
  if (closed_.empty()) {
    closed_.push_back(static_cast<std::uint32_t>(open_.size()));
    open_.emplace_back();
  }
  const std::uint32_t number = closed_.back();
  closed_.pop_back();
  const Owner& owner = content.head.owner;
  open_[number] = {span.chunk, owner, content.head.given_back, &slots_[owner.slot],
                   std::move(content.pieces)};
  const Piece& newest = open_[number].pieces.back();
  heap_.push({{newest.stamp, owner.slot}, newest.begin(), span.chunk, number});
}

// Some of its pieces are not there. Which of three things happened?
void NewestFirst::judge_incomplete() {
  const Piece& last = pieces_.back();
  if (last.is_last() && last.stamp <= table_.horizon) {
    // An earlier piece was overwritten. The totals count an input with its last piece, and that is
    // still there, so nobody has counted this one as lost yet.
    add_bounded(overwritten_inputs_, 1);
    add_bounded(overwritten_bytes_, last.begin() + last.size);
  } else if (last.is_last()) {
    ++lost_inputs_;
    notes_of_inputs_.push_front("an input of " + std::to_string(pieces_.size()) +
                                " or more pieces has lost one of them to other damage");
    if (notes_of_inputs_.size() > kMaxNotes) notes_of_inputs_.pop_back();
  } else if (newest_of_slot_ && !was_left(last)) {
    torn_inputs_ += table_.format.live ? 0 : 1;  // its writer was, or is, still at it
  }
  // Else its writer gave up in the middle, for want of a chunk, and has counted it as dropped; or
  // it came to the end, and the chunk with its last piece was overwritten, which counted it.
}

// Its chunk is no longer its writer's. Either may have happened then; a writer that was killed just
// between two chunks is taken for one of these.
bool NewestFirst::was_left(const Piece& piece) const {
  const bool some_were_dropped = image_.super().dropped != 0;
  return last_given_back_ && (some_were_dropped || piece.stamp <= table_.horizon);
}

Opening NewestFirst::opening_of_pieces() const {
  std::string text, scratch;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    text += image_.bytes_of_chunk(chunks_[i], pieces_[i].payload_at, pieces_[i].size, scratch)
                .value_or(std::string_view());
  }
  return opening_of(text);
}

Damage NewestFirst::damage() const {
  Damage damage;
  damage.lost_frames = table_.lost_chunks + lost_chunks_;
  damage.lost_inputs = lost_inputs_;
  ChunkNotes notes = table_.notes;
  for (const auto& [chunk, texts] : notes_) notes[chunk] = texts;
  for (const auto& [chunk, texts] : notes) {
    for (const std::string& text : texts) {
      note(damage, "chunk " + std::to_string(chunk) + ": " + text);
    }
  }
  if (!table_.cut.empty()) note(damage, table_.cut);
  for (const std::string& text : notes_of_inputs_) note(damage, text);
  return damage;
}

}  // namespace crashreel
