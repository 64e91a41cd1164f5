// What does one chunk of a ring hold?
//
// Takes a chunk's bytes, which may be anything, and gives the records that are whole, and what its
// header says of those that are not there any more. Payloads stay where they are. It knows no other
// chunk: horizon, order and reassembly are salvage's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/reel/ring_image.h"
#include "capture/runtime/ring_format.h"

namespace crashreel {

// What an opening says of its session, as far as it tells a server from a reader of its input.
enum class Opening : std::uint8_t { kInbound, kStdin, kOutbound };
Opening opening_of(std::string_view text);

// Who wrote a record.
struct Owner {
  std::uint32_t slot = 0;
  std::uint32_t pid = 0;
  std::uint32_t tid = 0;
};

// One record: an input or a piece of one.
struct Piece {
  std::uint64_t stamp = 0;
  std::uint32_t session = 0;
  std::uint32_t extra = 0;
  std::uint32_t payload_at = 0;  // in its chunk
  std::uint32_t size = 0;        // of the payload
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  Opening opening = Opening::kInbound;  // of an opening that is whole in this piece

  bool is_first() const { return (flags & ring::kFirst) != 0; }
  bool is_last() const { return (flags & ring::kLast) != 0; }
  bool is_cut() const { return (flags & ring::kCut) != 0; }
  // Where in its input's payload this piece begins.
  std::uint64_t begin() const { return is_first() ? 0 : extra; }
};

// What a ring's superblock says of all its chunks.
struct ChunkFormat {
  std::uint32_t version = ring::kVersion;
  ring::PayloadSum payload_sum = ring::PayloadSum::kNone;
  // Its writer goes on: the totals may be of another moment than the commit word, and an input that
  // was begun is not torn.
  bool live = false;
};

struct ChunkHead {
  bool used = false;      // some generation began
  bool unusable = false;  // its commit word can't be: nothing of it is known
  bool bank_is_sound = false;
  ring::CommitWord word{};
  ring::Bank bank{};      // zeros unless sound
  ring::Totals totals{};  // believed by nobody
  std::uint64_t begun = 0;
  Owner owner;
  bool given_back = false;  // the chunk was full, or its writer gave it up
};

// `bytes` is the chunk's header at least; `index` tells apart the pieces of chunks whose owner is
// not known.
ChunkHead read_head(std::string_view bytes, std::uint32_t chunk_bytes, std::uint32_t index,
                    const ChunkFormat& format);

// A chunk's bytes, of which so many at a time are in memory.
class ChunkWindow {
 public:
  // Of a chunk that is in memory already.
  explicit ChunkWindow(std::string_view chunk) : bytes_(chunk) {}
  // The image must outlive the window.
  ChunkWindow(const RingImage& image, std::uint32_t window_bytes)
      : image_(&image), window_bytes_(window_bytes) {}

  // Goes on with another chunk of the image.
  void move_to(std::uint32_t chunk);

  // Where so many bytes lie; null where they are not in the chunk, or can't be read. Good until the
  // next call.
  const char* find(std::size_t at, std::size_t size) {
    const std::size_t from = at - begin_;  // more than there is where that is less than 0
    if (from > bytes_.size() || size > bytes_.size() - from) return refill(at, size);
    return bytes_.data() + from;
  }

 private:
  const char* refill(std::size_t at, std::size_t size);

  const RingImage* image_ = nullptr;
  std::uint32_t window_bytes_ = 0;
  std::uint32_t chunk_ = 0;
  std::size_t begin_ = 0;
  std::string_view bytes_;
  std::string scratch_;
};

// Walks the committed records of a chunk. Behind a damaged header the next sound one is searched,
// at each place where one can begin: what lies behind a damaged record is not lost with it.
class RecordWalk {
 public:
  RecordWalk() = default;
  RecordWalk(const ChunkHead& head, const ChunkFormat& format);

  // The next sound record; false at the end. Stamps rise strictly.
  bool next(ChunkWindow& chunk, Piece& piece);
  // After the last one: notes what lies behind it, and whether all were found.
  void finish();
  // No more than kMaxNotes.
  std::vector<std::string>& damage() { return damage_; }

 private:
  bool record_at(ChunkWindow& chunk, ring::Record& record) const;
  bool payload_fits(ChunkWindow& chunk, std::size_t payload, std::size_t size) const;
  void end_search(std::size_t end);
  void note(std::string text);

  ChunkFormat format_;
  std::size_t committed_ = 0;
  std::size_t records_ = 0;
  std::size_t around_payload_ = 0;  // bytes of a record that are none of its payload
  std::size_t at_ = sizeof(ring::ChunkHeader);
  std::size_t searched_from_ = 0;
  std::size_t found_ = 0;
  std::size_t hit_ = 0;  // records with a payload that is not what it was
  std::uint64_t stamp_ = 0;
  std::vector<std::string> damage_;
};

struct ChunkContent {
  ChunkHead head;
  std::vector<Piece> pieces;
  bool torn = false;                 // an input was begun here and its first record not committed
  std::uint64_t missing_inputs = 0;  // committed, but damaged beyond use
  std::vector<std::string> damage;   // without the chunk's number
};

ChunkContent parse_chunk(std::string_view bytes, std::uint32_t index, ChunkFormat format = {});

}  // namespace crashreel
