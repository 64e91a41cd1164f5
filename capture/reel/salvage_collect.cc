#include "capture/reel/salvage_collect.h"

#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>

#include "capture/reel/live_chunks.h"

namespace crashreel {
namespace {

// More than any program records; sums of forged numbers stop here instead of wrapping.
constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 62;

void add_bounded(std::uint64_t& sum, std::uint64_t value) {
  sum = std::min(kMostCounted, sum + std::min(value, kMostCounted));
}

// Sorting these instead of the pieces moves 24 bytes instead of 80.
struct Place {
  std::uint64_t stamp;
  std::uint64_t begin;
  std::uint32_t slot;
  std::uint32_t index;  // among the pieces

  bool operator<(const Place& other) const {
    return std::tie(stamp, slot, begin) < std::tie(other.stamp, other.slot, other.begin);
  }
  bool same_input(const Place& other) const { return stamp == other.stamp && slot == other.slot; }
};

class Collector {
 public:
  void read_chunks(const RingImage& image);
  void read_chunks_live(const RingImage& image);
  void join_pieces();
  Collection take() { return std::move(result_); }

 private:
  void take_content(std::uint32_t index, bool prelude, ChunkContent content);
  void take_bank(const ring::Bank& bank, bool prelude);
  void note_cut(const RingImage& image);
  void join(std::span<const Place> places);
  void judge_incomplete(std::span<const Place> places);
  bool is_whole(std::span<const Place> places) const;
  bool was_left(const Piece& piece) const;

  Collection result_;
  std::vector<Piece> pieces_;
  std::unordered_map<std::uint32_t, std::uint64_t> last_stamp_;  // by slot
  bool some_were_dropped_ = false;
};

void Collector::take_bank(const ring::Bank& bank, bool prelude) {
  add_bounded(result_.overwritten_inputs, bank.lost_inputs);
  add_bounded(result_.overwritten_bytes, bank.lost_bytes);
  result_.clock_pairs.push_back(bank.pair);
  if (prelude) return;
  result_.horizon = std::max(result_.horizon, bank.prev_last);
  result_.pool_earliest = std::min(result_.pool_earliest, bank.earliest);
}

void Collector::take_content(std::uint32_t index, bool prelude, ChunkContent content) {
  const std::string chunk = "chunk " + std::to_string(index) + ": ";
  for (const std::string& what : content.damage) note(result_.damage, chunk + what);
  if (content.unusable) ++result_.damage.lost_frames;
  result_.damage.lost_inputs += content.missing_inputs;
  result_.torn_inputs += content.torn ? 1 : 0;
  if (content.bank_is_sound) {
    take_bank(content.bank, prelude);
  } else if (!prelude && !content.pieces.empty()) {
    result_.pool_earliest = std::min(result_.pool_earliest, content.pieces.front().stamp);
  }
  for (Piece& piece : content.pieces) {
    std::uint64_t& last = last_stamp_[piece.slot];
    last = std::max(last, piece.stamp);
    pieces_.push_back(std::move(piece));
  }
}

void Collector::read_chunks(const RingImage& image) {
  some_were_dropped_ = image.super().dropped != 0;
  const std::uint32_t whole = image.whole_chunks();
  const ChunkFormat format{image.super().version, image.super().payload_sum};
  std::string scratch;
  for (std::uint32_t i = 0; i < whole; ++i) {
    const auto bytes = image.chunk(i, scratch);
    if (bytes) {
      take_content(i, image.is_prelude(i), parse_chunk(*bytes, i, format));
    } else {
      ++result_.damage.lost_frames;
      note(result_.damage, "chunk " + std::to_string(i) + ": can't be read");
    }
  }
  note_cut(image);
}

void Collector::read_chunks_live(const RingImage& image) {
  LiveChunks chunks = read_live_chunks(image);
  result_.live = true;
  result_.newest = chunks.newest;
  some_were_dropped_ = image.super().dropped != 0;
  for (std::uint32_t i = 0; i < chunks.contents.size(); ++i) {
    take_content(i, image.is_prelude(i), std::move(chunks.contents[i]));
  }
  note_cut(image);
}

void Collector::note_cut(const RingImage& image) {
  const std::uint32_t whole = image.whole_chunks();
  const std::uint32_t count = image.super().chunk_count;
  if (whole < count) {
    result_.damage.lost_frames += count - whole;
    note(result_.damage, "chunks " + std::to_string(whole) + " to " + std::to_string(count - 1) +
                             ": the file ends at byte " + std::to_string(image.file_bytes()) +
                             " of " + std::to_string(image.super().ring_bytes));
  }
}

bool Collector::is_whole(std::span<const Place> places) const {
  const Piece& first = pieces_[places.front().index];
  if (!first.is_first() || !pieces_[places.back().index].is_last()) return false;
  std::uint64_t joined = 0;
  for (const Place& place : places) {
    if (place.begin != joined) return false;
    joined += pieces_[place.index].data.size();
  }
  return joined == first.extra && joined <= ring::kMaxPayloadBytes;
}

// Some of its pieces are not there. Which of three things happened?
void Collector::judge_incomplete(std::span<const Place> places) {
  const Piece& last = pieces_[places.back().index];
  if (last.is_last() && last.stamp <= result_.horizon) {
    // An earlier piece was overwritten. The totals count an input with its last piece, and that is
    // still there, so nobody has counted this one as lost yet.
    add_bounded(result_.overwritten_inputs, 1);
    add_bounded(result_.overwritten_bytes, last.begin() + last.data.size());
  } else if (last.is_last()) {
    ++result_.damage.lost_inputs;
    note(result_.damage, "an input of " + std::to_string(places.size()) +
                             " or more pieces has lost one of them to other damage");
  } else if (last.stamp == last_stamp_[last.slot] && !was_left(last)) {
    result_.torn_inputs += result_.live ? 0 : 1;  // its writer was, or is, still at it
  }
  // Else its writer gave up in the middle, for want of a chunk, and has counted it as dropped; or
  // it came to the end, and the chunk with its last piece was overwritten, which counted it.
}

// Its chunk is no longer its writer's. Either may have happened then; a writer that was killed just
// between two chunks is taken for one of these.
bool Collector::was_left(const Piece& piece) const {
  return piece.given_back && (some_were_dropped_ || piece.stamp <= result_.horizon);
}

void Collector::join(std::span<const Place> places) {
  if (!is_whole(places)) return judge_incomplete(places);
  Piece input = std::move(pieces_[places.front().index]);
  input.data.reserve(input.extra);
  for (const Place& place : places.subspan(1)) {
    Piece& piece = pieces_[place.index];
    input.data += piece.data;
    piece.data = {};
  }
  result_.inputs.push_back(std::move(input));
}

void Collector::join_pieces() {
  std::vector<Place> places;
  places.reserve(pieces_.size());
  for (std::uint32_t i = 0; i < pieces_.size(); ++i) {
    places.push_back({pieces_[i].stamp, pieces_[i].begin(), pieces_[i].slot, i});
  }
  std::ranges::sort(places, std::less<>{});
  result_.inputs.reserve(places.size());
  for (std::size_t begin = 0; begin < places.size();) {
    std::size_t end = begin + 1;
    while (end < places.size() && places[end].same_input(places[begin])) ++end;
    join(std::span(places).subspan(begin, end - begin));
    begin = end;
  }
}

Collection joined(Collector& collector) {
  collector.join_pieces();
  return collector.take();
}

}  // namespace

void note(Damage& damage, std::string text) {
  if (damage.notes.size() < kMaxNotes) damage.notes.push_back(std::move(text));
}

Collection collect(const RingImage& image) {
  Collector collector;
  collector.read_chunks(image);
  return joined(collector);
}

Collection collect_live(const RingImage& image) {
  Collector collector;
  collector.read_chunks_live(image);
  return joined(collector);
}

}  // namespace crashreel
