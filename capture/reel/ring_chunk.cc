#include "capture/reel/ring_chunk.h"

#include <algorithm>
#include <cstring>

#include "capture/reel/frame_map.h"
#include "capture/reel/reel.h"
#include "capture/reel/ring_v1.h"
#include "capture/runtime/ring_sum.h"

namespace crashreel {
namespace {

using ring::ChunkHeader;
using ring::CommitWord;
using ring::Record;
using ring::RecordHeader;

constexpr std::uint32_t kUnknownSlots = 0x80000000;

bool can_be(const CommitWord& word, std::size_t chunk_bytes) {
  return word.generation != 0 && word.committed >= sizeof(ChunkHeader) &&
         word.committed <= chunk_bytes &&
         word.records <= (word.committed - sizeof(ChunkHeader)) / sizeof(RecordHeader);
}

bool check_fits(const RecordHeader& header, std::uint32_t version) {
  return version == 1 ? ring::v1::check_fits(header) : ring::check_fits(header);
}

bool check_fits(const ring::Bank& bank, std::uint32_t generation, std::uint32_t version) {
  return bank.check ==
         (version == 1 ? ring::v1::check_of(bank, generation) : ring::check_of(bank, generation));
}

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Field by field where it is to be: a copy of fields that were just stored one by one makes the CPU
// wait for all of these stores, longer than all else takes.
void fill(Piece& piece, const Record& record, std::size_t payload_at) {
  piece.stamp = record.stamp;
  piece.session = record.session;
  piece.extra = record.extra;
  piece.payload_at = static_cast<std::uint32_t>(payload_at);
  piece.size = record.len;
  piece.kind = static_cast<std::uint8_t>(record.kind);
  piece.flags = static_cast<std::uint8_t>(record.flags);
  piece.opening = Opening::kInbound;
}

// The totals were kept by the writer beside the records: what the walk did not find is missing.
void compare(ChunkContent& content) {
  std::uint64_t found = 0;
  for (const Piece& piece : content.pieces) found += piece.is_last() ? 1 : 0;
  const std::uint64_t records = content.head.word.records;
  const std::uint64_t said = records == 0 ? 0 : content.head.totals.inputs;
  if (said == found) return;
  if (said > records || said < found) {
    content.damage.push_back("its totals say " + std::to_string(said) + " inputs, there are " +
                             std::to_string(found));
    return;
  }
  content.missing_inputs = said - found;
}

}  // namespace

Opening opening_of(std::string_view text) {
  if (text.find(" outbound") != std::string_view::npos) return Opening::kOutbound;
  return text.starts_with("stdin") ? Opening::kStdin : Opening::kInbound;
}

ChunkHead read_head(std::string_view bytes, std::uint32_t chunk_bytes, std::uint32_t index,
                    const ChunkFormat& format) {
  ChunkHead head;
  ChunkHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.commit == 0) return head;
  head.used = true;
  head.word = ring::unpack(header.commit);
  head.unusable = !can_be(head.word, chunk_bytes);
  if (head.unusable) return head;
  const ring::Bank& bank = header.banks[head.word.generation & 1];
  head.bank_is_sound = check_fits(bank, head.word.generation, format.version);
  if (head.bank_is_sound) head.bank = bank;
  head.owner = head.bank_is_sound ? Owner{bank.slot, bank.pid, bank.tid}
                                  : Owner{kUnknownSlots | index, 0, 0};
  head.totals = header.totals[head.word.records & 1];
  head.begun = header.begun;
  head.given_back = static_cast<std::uint32_t>(header.state) == ring::kFull;
  return head;
}

void ChunkWindow::move_to(std::uint32_t chunk) {
  chunk_ = chunk;
  begin_ = 0;
  bytes_ = {};
}

const char* ChunkWindow::refill(std::size_t at, std::size_t size) {
  const std::size_t chunk_bytes = image_ == nullptr ? 0 : image_->super().chunk_bytes;
  if (at > chunk_bytes || size > chunk_bytes - at) return nullptr;
  const std::size_t most = std::max<std::size_t>(size, window_bytes_);
  const auto read = image_->bytes_of_chunk(chunk_, at, std::min(most, chunk_bytes - at), scratch_);
  if (!read) return nullptr;
  begin_ = at;
  bytes_ = *read;
  return bytes_.data();
}

RecordWalk::RecordWalk(const ChunkHead& head, const ChunkFormat& format)
    : format_(format),
      committed_(head.word.committed),
      records_(head.word.records),
      around_payload_(ring::record_bytes(format.payload_sum)) {}

bool RecordWalk::next(ChunkWindow& chunk, Piece& piece) {
  const bool has_sums = format_.payload_sum != ring::PayloadSum::kNone;
  while (at_ < committed_ && found_ + hit_ < records_) {
    Record record;
    if (!record_at(chunk, record)) {
      if (searched_from_ == 0) searched_from_ = at_;
      at_ += 8;
      continue;
    }
    if (searched_from_ != 0) end_search(at_);
    const std::size_t payload = at_ + sizeof(RecordHeader);
    stamp_ = record.stamp;
    at_ += around_payload_ + ring::padded(record.len);
    if (has_sums && !payload_fits(chunk, payload, record.len)) {
      note("the payload at byte " + std::to_string(payload) + " does not fit its checksum");
      ++hit_;
      continue;
    }
    ++found_;
    fill(piece, record, payload);
    return true;
  }
  return false;
}

// The record that begins here, if a sound one does.
bool RecordWalk::record_at(ChunkWindow& chunk, Record& record) const {
  if (committed_ - at_ < around_payload_) return false;
  const char* bytes = chunk.find(at_, sizeof(RecordHeader));
  if (bytes == nullptr) return false;
  const RecordHeader header{word_at(bytes), word_at(bytes + 8), word_at(bytes + 16)};
  record = ring::unpack_record(header);
  // Records are often of one size, and where the next one lies is known too late to wait for it.
  __builtin_prefetch(bytes + 2 * (around_payload_ + ring::padded(record.len)));
  return record.len <= committed_ - at_ - around_payload_ && check_fits(header, format_.version) &&
         record.kind >= ring::kFirstKind && record.kind <= ring::kLastKind &&
         (record.flags & ~(ring::kFirst | ring::kLast | ring::kCut)) == 0 && record.stamp > stamp_;
}

// The payload is followed by its sum, and fits it.
bool RecordWalk::payload_fits(ChunkWindow& chunk, std::size_t payload, std::size_t size) const {
  const std::size_t all = ring::padded(size) + ring::kPayloadSumBytes;
  if (committed_ - payload < all) return false;
  const char* bytes = chunk.find(payload, all);
  if (bytes == nullptr) return false;
  std::uint64_t sum;
  std::memcpy(&sum, bytes + ring::padded(size), sizeof sum);
  return sum == ring::payload_sum(reinterpret_cast<const unsigned char*>(bytes), size);
}

void RecordWalk::end_search(std::size_t end) {
  note("bytes " + std::to_string(searched_from_) + " to " + std::to_string(end - 1) +
       " are no record");
  searched_from_ = 0;
}

void RecordWalk::finish() {
  if (searched_from_ != 0) end_search(committed_);
  const bool agrees = at_ == committed_ && found_ + hit_ == records_;
  if (agrees || !damage_.empty()) return;
  note("has " + std::to_string(found_) + " records in " + std::to_string(at_) +
       " bytes, its commit word says " + std::to_string(records_) + " in " +
       std::to_string(committed_));
}

void RecordWalk::note(std::string text) {
  if (damage_.size() < kMaxNotes) damage_.push_back(std::move(text));
}

ChunkContent parse_chunk(std::string_view bytes, std::uint32_t index, ChunkFormat format) {
  ChunkContent content;
  ChunkHead& head = content.head;
  head = read_head(bytes, static_cast<std::uint32_t>(bytes.size()), index, format);
  if (!head.used) return content;
  if (head.unusable) {
    content.damage.push_back("its commit word says generation " +
                             std::to_string(head.word.generation) + ", " +
                             std::to_string(head.word.records) + " records, " +
                             std::to_string(head.word.committed) + " bytes");
    return content;
  }
  ChunkWindow chunk(bytes);
  RecordWalk walk(head, format);
  content.pieces.resize(head.word.records);
  std::size_t count = 0;
  while (count < content.pieces.size() && walk.next(chunk, content.pieces[count])) {
    Piece& piece = content.pieces[count++];
    if (piece.kind == static_cast<std::uint8_t>(InputKind::kOpen)) {
      piece.opening = opening_of(bytes.substr(piece.payload_at, piece.size));
    }
  }
  walk.finish();
  content.pieces.resize(count);
  content.damage = std::move(walk.damage());
  if (!format.live) {
    compare(content);
    const CommitWord begun = ring::unpack(head.begun);
    content.torn =
        begun.generation == head.word.generation && begun.records == head.word.records + 1;
  }
  if (!head.bank_is_sound) {
    content.damage.push_back(
        "its bank is damaged: who wrote it, and what it overwrote, is not known");
  }
  return content;
}

}  // namespace crashreel
