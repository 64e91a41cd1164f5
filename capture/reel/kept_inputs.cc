#include "capture/reel/kept_inputs.h"

#include <algorithm>

namespace crashreel {
namespace {

// Of all chunks that are open at a time. A read of less than a page is not worth its call.
constexpr std::uint64_t kMostWindowBytes = 32 << 20;
constexpr std::uint64_t kLeastWindowBytes = 4 << 10;

// How many of these are under way at one moment?
std::uint64_t most_at_once(const std::vector<ChunkSpan>& chunks) {
  std::vector<std::uint64_t> ends;
  for (const ChunkSpan& span : chunks) ends.push_back(span.last);
  std::ranges::sort(ends);
  std::uint64_t most = 1;
  std::size_t ended = 0;
  for (std::size_t begun = 1; begun <= chunks.size(); ++begun) {
    while (ends[ended] < chunks[begun - 1].first) ++ended;
    most = std::max<std::uint64_t>(most, begun - ended);
  }
  return most;
}

}  // namespace

KeptInputs::KeptInputs(std::shared_ptr<const RingImage> image, const ChunkTable& table,
                       Selection selection, Numbers numbers, RingTime time)
    : image_(std::move(image)),
      format_(table.format),
      newest_(table.newest),
      selection_(std::move(selection)),
      numbers_(numbers),
      time_(std::move(time)) {
  for (const ChunkSpan& span : table.chunks) {
    if (has_kept_inputs(span)) chunks_.push_back(span);
  }
  std::ranges::stable_sort(chunks_, {}, &ChunkSpan::first);
  window_bytes_ = window_for_all();
}

bool KeptInputs::has_kept_inputs(const ChunkSpan& span) const {
  if (span.last == 0) return false;
  if (span.first < selection_.pool_earliest || span.last >= selection_.tail_begin.stamp)
    return true;
  const auto stamp = [](const Between& between) { return between.at.stamp; };
  const auto next = std::ranges::lower_bound(selection_.between, span.first, {}, stamp);
  return next != selection_.between.end() && next->at.stamp <= span.last;
}

std::uint32_t KeptInputs::window_for_all() const {
  const std::uint64_t chunk_bytes = image_->super().chunk_bytes;
  const std::uint64_t share = kMostWindowBytes / most_at_once(chunks_);
  return static_cast<std::uint32_t>(
      std::clamp(share, std::min(kLeastWindowBytes, chunk_bytes), chunk_bytes));
}

void KeptInputs::rewind() {
  next_chunk_ = next_between_ = 0;
  prelude_given_ = between_given_ = tail_given_ = 0;
  latest_ns_ = 0;
  threads_.clear();
  open_.clear();
  closed_.clear();
  heap_.clear();
  pieces_.clear();
  owners_.clear();
}

const Input* KeptInputs::next() {
  for (;;) {
    if (pieces_.empty()) take_pieces();
    const bool at_end = pieces_.empty();
    const auto& between = selection_.between;
    while (next_between_ < between.size() && (at_end || between[next_between_].at < at_)) {
      const Between& older = between[next_between_++];
      if (older.copy) return give_copy(older);
    }
    if (at_end) return nullptr;
    if (const auto found = is_whole(pieces_) ? place_and_seq() : std::nullopt) {
      take_payload();
      const Piece first = pieces_.front();
      const Owner owner = open_[owners_.front()]->owner;
      leave_pieces();
      return give(found->first, found->second, first, owner);
    }
    leave_pieces();
  }
}

// Why the input that comes next is kept; nothing where it is not.
std::optional<std::pair<Place, std::uint64_t>> KeptInputs::place_and_seq() {
  if (at_.stamp < selection_.pool_earliest) return {{Place::kPrelude, prelude_given_++}};
  if (at_ >= selection_.tail_begin) {
    const std::uint64_t before = selection_.complete - selection_.tail;
    return {{Place::kTail, numbers_.complete + before + tail_given_++}};
  }
  if (next_between_ == selection_.between.size()) return std::nullopt;
  const Between& next = selection_.between[next_between_];
  if (next.at != at_) return std::nullopt;
  ++next_between_;
  if (!next.before_end) return {{next.place, numbers_.between + between_given_++}};
  return {{next.place, numbers_.complete + selection_.complete - *next.before_end}};
}

// All pieces of the oldest input that is left. They stay where they are until they are left.
bool KeptInputs::take_pieces() {
  open_chunks_to(heap_.empty() ? 0 : heap_.front().input.stamp);
  if (heap_.empty()) return false;
  at_ = heap_.front().input;
  // Most inputs are one piece: its chunk's next one will take its place in the heap.
  left_in_heap_ = heap_.front_is_alone();
  while (!heap_.empty() && heap_.front().input == at_) {
    owners_.push_back(heap_.front().owner);
    pieces_.push_back(open_[owners_.back()]->piece);
    if (left_in_heap_) return true;
    heap_.pop();
  }
  return true;
}

void KeptInputs::leave_pieces() {
  for (const std::uint32_t number : owners_) {
    Open& open = *open_[number];
    if (!step(open)) {
      closed_.push_back(number);
      if (left_in_heap_) heap_.pop();
      continue;
    }
    if (left_in_heap_) {
      heap_.move_front(open.piece.stamp, open.piece.begin());
    } else {
      heap_.push(position_of(open, number));
    }
  }
  owners_.clear();
  pieces_.clear();
}

PiecePosition KeptInputs::position_of(const Open& open, std::uint32_t place) {
  const Piece& piece = open.piece;
  return {{piece.stamp, open.owner.slot}, piece.begin(), open.number, place};
}

bool KeptInputs::step(Open& open) const {
  return open.walk.next(open.chunk, open.piece) && open.piece.stamp <= newest_;
}

void KeptInputs::open_chunks_to(std::uint64_t stamp) {
  while (next_chunk_ < chunks_.size()) {
    if (!heap_.empty() && chunks_[next_chunk_].first > stamp) return;
    open(chunks_[next_chunk_++]);
    if (!heap_.empty()) stamp = heap_.front().input.stamp;
  }
}

void KeptInputs::open(const ChunkSpan& span) {
  if (closed_.empty()) {
    closed_.push_back(static_cast<std::uint32_t>(open_.size()));
    open_.push_back(std::make_unique<Open>(*image_, window_bytes_));
  }
  Open& open = *open_[closed_.back()];
  open.number = span.chunk;
  open.chunk.move_to(span.chunk);
  const char* bytes = open.chunk.find(0, sizeof(ring::ChunkHeader));
  if (bytes == nullptr) return;
  const ChunkHead head = read_head({bytes, sizeof(ring::ChunkHeader)}, image_->super().chunk_bytes,
                                   span.chunk, format_);
  if (!head.used || head.unusable) return;
  open.owner = head.owner;
  open.walk = RecordWalk(head, format_);
  if (!step(open)) return;
  heap_.push(position_of(open, closed_.back()));
  closed_.pop_back();
}

void KeptInputs::take_payload() {
  input_.data.clear();
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const char* bytes = open_[owners_[i]]->chunk.find(pieces_[i].payload_at, pieces_[i].size);
    // A file that was cut meanwhile gives zeros: what was counted is there.
    if (bytes != nullptr) {
      input_.data.append(bytes, pieces_[i].size);
    } else {
      input_.data.append(pieces_[i].size, '\0');
    }
  }
}

// Stamps become times, threads become small numbers, in the order of the inputs. The payload is
// there.
const Input* KeptInputs::give(Place place, std::uint64_t seq, const Piece& piece,
                              const Owner& owner) {
  // Bent by a forged pair, time must still not fall.
  latest_ns_ = std::max(latest_ns_, time_.since_start_ns(piece.stamp));
  const auto next = static_cast<std::uint32_t>(threads_.size());
  input_.seq = seq;
  input_.time_ns = latest_ns_;
  input_.thread = threads_.try_emplace({owner.pid, owner.tid}, next).first->second;
  input_.session = piece.session;
  input_.kind = static_cast<InputKind>(piece.kind);
  input_.place = place;
  return &input_;
}

const Input* KeptInputs::give_copy(const Between& between) {
  const RingCopy& copy = *between.copy;
  std::string scratch;
  input_.data =
      image_->bytes(copy.payload_offset, copy.input.size, scratch).value_or(std::string_view());
  return give(between.place, numbers_.between + between_given_++, copy.input, copy.owner);
}

}  // namespace crashreel
